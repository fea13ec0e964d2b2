/* The page that verifies square codes without a network (certificates/compact.py says what a code holds). Words come
   from data attributes of #words, already in the page's language. Nothing typed or scanned here leaves the phone. */
(() => {
  "use strict";
  const id = (name) => document.getElementById(name);
  const words = id("words").dataset, answer = id("answer"), given = id("given");
  const language = document.documentElement.lang;
  const OLD_DAYS = 30, DAY = 86_400_000;
  let data = null;

  // --- what the page knows

  const longDate = (date) => new Intl.DateTimeFormat(language, { dateStyle: "long", numberingSystem: "latn" }).format(date);
  const withTime = (date) =>
    new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", numberingSystem: "latn" }).format(date);

  async function load() {
    try {
      const got = await fetch(id("words").dataset.source, { cache: "no-cache" });
      if (!got.ok) throw new Error(got.status);
      data = await got.json();
    } catch {
      id("dated").textContent = words.nothing;
      return;
    }
    const made = new Date(data.made);
    id("dated").textContent = words.dated.replace("%s", withTime(made));
    id("old").hidden = Date.now() - made < OLD_DAYS * DAY;
    const list = id("keys");
    list.replaceChildren(...data.keys.map((key) => {
      const line = document.createElement("li");
      const name = document.createElement("b");
      name.className = "num";
      name.textContent = key.name;
      const state = key.withdrawn ? words.keyWithdrawn.replace("%s", longDate(new Date(key.withdrawn)))
        : key.until ? words.keyUntil.replace("%s", longDate(new Date(key.until)))
          : words.keySince.replace("%s", longDate(new Date(key.since)));
      line.append(name, ` ${state}`);
      return line;
    }));
    id("revoked").textContent = data.revoked.length;
  }

  // --- what a code says

  const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const NUMBER = /KAL-\d{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/;
  const CODE = /K([12])\.([\w-]+)\.([\w-]+)/;
  const moment = (text) => Date.UTC(+text.slice(0, 4), +text.slice(4, 6) - 1, +text.slice(6, 8), +text.slice(8, 10), +text.slice(10, 12));
  const day = (text) => new Date(+text.slice(0, 4), +text.slice(4, 6) - 1, +text.slice(6, 8));

  // → {number} with no code, or {number, fields, body, signature}; null for anything else
  function read(text) {
    const number = (text.toUpperCase().match(NUMBER) || [])[0], code = text.match(CODE);
    if (!number) return null;
    if (!code) return { number };
    try {
      const body = bytesOf(code[2]), signature = bytesOf(code[3]);
      const [key, kind, issued, expires, index, holder, title, reserved] = new TextDecoder("utf-8", { fatal: true }).decode(body).split("\n");
      const fields = { key, kind, issued, expires, index: +index, holder, title, reserved: code[1] === "2" ? reserved : "" };
      return { number, body, signature, version: code[1], fields };
    } catch {
      return { number, broken: true };
    }
  }

  // → {look: ok | wait | bad, title, text, facts: [[label, value]], online: number or ""}
  async function judge(text) {
    const said = read(text), look = "bad";
    if (!said) return { look: "wait", title: words.noCode, text: words.noCodeText, facts: [], online: "" };
    const number = [words.number, said.number];
    if (!said.fields && !said.broken) {
      return { look: "wait", title: words.noCode, text: words.onlyNumber, facts: [number], online: said.number };
    }
    if (!data) return { look: "wait", title: words.cannot, text: words.nothing, facts: [number], online: said.number };
    if (said.broken) return { look, title: words.forged, text: words.forgedText, facts: [number], online: said.number };
    const { fields } = said, key = data.keys.find((one) => one.name === fields.key);
    if (!key) return { look: "wait", title: words.unknownKey, text: words.unknownKeyText, facts: [number], online: said.number };
    if (key.withdrawn) return { look, title: words.withdrawn, text: words.withdrawnText, facts: [number], online: said.number };
    let holds;
    try {
      const before = new TextEncoder().encode(`kalanso-certificate-${said.version}\n${said.number}\n`);
      holds = await window.ed25519.verifies(bytesOf(key.x), said.signature, Uint8Array.from([...before, ...said.body]));
    } catch {
      return { look: "wait", title: words.cannot, text: words.insecure, facts: [number], online: said.number };
    }
    if (!holds) return { look, title: words.forged, text: words.forgedText, facts: [number], online: said.number };
    const expires = fields.expires ? day(fields.expires) : null;
    const facts = [
      number,
      [words.holder, fields.holder || words.protected],
      ...(fields.title ? [[words.certificate, fields.title]] : []),
      [words.nature, { c: words.competence, a: words.attendance, t: words.trainer }[fields.kind] || fields.kind],
      [words.issued, longDate(day(fields.issued))],
      [words.expires, expires ? longDate(expires) : words.unlimited],
    ];
    if (data.revoked.includes(fields.index)) return { look, title: words.revoked, text: words.revokedText, facts, online: said.number };
    // Printed before it was confirmed: what was learned before that says nothing of it.
    if (fields.reserved && (!data.reserved || data.reserved.includes(fields.index) || new Date(data.made) - 60_000 <= moment(fields.reserved))) {
      return { look: "wait", title: words.reserved, text: words.reservedText, facts, online: said.number };
    }
    const today = new Date();
    today.setHours(0, 0, 0, 0);
    if (expires && expires < today) return { look: "wait", title: words.expired, text: words.expiredText, facts, online: said.number };
    return { look: "ok", title: words.valid, text: fields.holder ? words.validText : words.validHidden, facts, online: said.number };
  }

  async function show(text) {
    const found = await judge(text);
    const box = id(`look-${found.look}`).content.cloneNode(true);
    box.querySelector("h2").textContent = found.title;
    box.querySelector("p").textContent = found.text;
    const list = document.createElement("dl");
    list.className = "kv";
    for (const [label, value] of found.facts) {
      const term = document.createElement("dt"), words = document.createElement("dd"), apart = document.createElement("bdi");
      term.textContent = label;
      apart.textContent = value;
      words.append(apart);
      list.append(term, words);
    }
    const foot = document.createElement("p");
    foot.className = "small muted";
    if (data) foot.textContent = words.asOf.replace("%s", withTime(new Date(data.made)));
    answer.replaceChildren(box, list, foot);
    if (found.online) {
      const line = document.createElement("p"), link = document.createElement("a");
      link.href = `/verify/${found.online}`;
      link.textContent = words.online;
      line.append(link);
      answer.append(line);
    }
    answer.dataset.look = found.look;
  }

  id("form").addEventListener("submit", (event) => {
    event.preventDefault();
    show(given.value);
  });

  // --- camera and photo, where the browser reads square codes

  async function eyes() {
    if (!("BarcodeDetector" in window)) return null;
    try {
      if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return null;
      return new BarcodeDetector({ formats: ["qr_code"] });
    } catch { return null; }
  }

  async function look() {
    const detector = await eyes();
    id("no-camera").hidden = Boolean(detector);
    if (!detector) return;
    const video = id("video"), button = id("camera"), photo = id("photo");
    let stream = null;
    const stop = () => {
      for (const track of stream ? stream.getTracks() : []) track.stop();
      stream = null;
      video.hidden = true;
      button.textContent = words.scan;
    };
    const found = (codes) => {
      if (!codes.length) return false;
      given.value = codes[0].rawValue;
      show(given.value);
      return true;
    };
    id("photo-field").hidden = false;
    photo.addEventListener("change", async () => {
      if (!photo.files.length) return;
      try {
        if (found(await detector.detect(await createImageBitmap(photo.files[0])))) return;
      } catch { /* not a picture: said below */ }
      show("");
    });
    if (!navigator.mediaDevices) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (stream) { stop(); return; }
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        id("no-camera").hidden = false;
        return;
      }
      video.srcObject = stream;
      video.hidden = false;
      button.textContent = words.stop;
      await video.play();
      while (stream) {
        try { if (found(await detector.detect(video))) stop(); } catch { /* no picture yet */ }
        await new Promise((next) => setTimeout(next, 250));
      }
    });
  }

  // --- kept for later

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(words.worker, { scope: words.scope })
      .then(() => navigator.serviceWorker.ready)
      .then(() => { id("kept").hidden = false; })
      .catch(() => { id("not-kept").hidden = false; });
  } else id("not-kept").hidden = false;

  load().then(() => {
    if (CODE.test(location.hash)) {
      given.value = location.href;
      show(given.value);
    }
  });
  look();
})();
