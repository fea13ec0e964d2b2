/* Roll-call without network. The lists and what was recorded lie in IndexedDB, encrypted (AES-GCM) with a key made from a
   word (PBKDF2-SHA-256); the page itself holds nobody's data. An entry leaves the phone only after the server has answered
   that it is kept. Lists are erased after three days, once nothing waits.

   Stores: lists {id, until, salt, iv, data}; entries {id, workshop, iv, data}. Entries are written before they are shown. */
(() => {
  "use strict";
  const root = document.getElementById("phone"), words = document.getElementById("words").dataset;
  const find = (selector, from = root) => from.querySelector(selector);
  const part = (name) => { for (const one of root.querySelectorAll("[data-part]")) one.hidden = one.dataset.part !== name; };
  const say = (kind, text) => { const line = find("[data-state]"); line.className = `line ${kind}`; line.textContent = text; };
  const DAYS = 3, ROUNDS = 310000, NOBODY = "00000000-0000-0000-0000-000000000000";
  const workshop = location.hash.slice(1);
  const address = (name) => root.dataset[name].replace(NOBODY, workshop);
  let database, key, kept, session, token = "", sending = false, again = false;

  // --- the phone's store ---
  const open = () => new Promise((yes, no) => {
    const request = indexedDB.open("kalanso-roll-call", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("lists", { keyPath: "id" });
      request.result.createObjectStore("entries", { keyPath: "id" }).createIndex("workshop", "workshop");
    };
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error);
  });
  const act = (store, mode, what) => new Promise((yes, no) => {
    const change = database.transaction(store, mode, { durability: "strict" }), request = what(change.objectStore(store));
    change.oncomplete = () => yes(request && request.result);
    change.onerror = change.onabort = () => no(change.error);
  });
  const keyFrom = async (word, salt) => crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS },
    await crypto.subtle.importKey("raw", new TextEncoder().encode(word.normalize("NFC")), "PBKDF2", false, ["deriveKey"]),
    { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const close = async (value) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(value))) };
  };
  const disclose = async (row) =>
    JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, key, row.data)));
  const entries = async () => {
    const rows = await act("entries", "readonly", (store) => store.index("workshop").getAll(workshop));
    const found = [];
    for (const row of rows) found.push(await disclose(row));
    return found.sort((one, other) => one.order - other.order);
  };
  const write = async (kind, item) => {
    const whole = { id: crypto.randomUUID(), made: new Date().toISOString(), ...item };
    const hidden = await close({ kind, order: Date.now() + performance.now() / 1e6, item: whole });
    try { await act("entries", "readwrite", (store) => store.put({ id: whole.id, workshop, ...hidden })); }
    catch (error) { say("bad", words.full); throw error; }
    await note();
    send();
    return whole;
  };

  // --- what is waiting ---
  const note = async () => {
    const waiting = (await act("entries", "readonly", (store) => store.count())) || 0;
    find("[data-waiting]").textContent = waiting ? words.waiting.replace("%s", waiting) : words.sent;
    find("[data-send]").hidden = !waiting;
    // Leaving or clearing the phone must not lose them: the server reads only how many there are.
    document.cookie = `waiting=${waiting}; path=/; SameSite=Lax; max-age=${waiting ? 30 * 86400 : 0}${location.protocol === "https:" ? "; Secure" : ""}`;
    return waiting;
  };
  const send = async () => {
    if (sending) { again = true; return; }
    sending = true;
    try {
      const rows = await entries();
      if (!rows.length) return;
      if (!token) {
        const answer = await fetch(address("lists"), { redirect: "error", headers: { Accept: "application/json" } });
        if (!answer.ok) throw Object.assign(new Error(), { signin: true });
        token = (await answer.json()).token;
      }
      const body = { device: kept.device, arrivals: [], head_counts: [], marks: [] };
      for (const row of rows) body[row.kind].push(row.item);
      const answer = await fetch(address("take"), {
        method: "POST", redirect: "error", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      });
      if (answer.status === 403 || answer.status === 401) throw Object.assign(new Error(), { signin: true });
      const said = await answer.json(), list = find("[data-refused]");
      list.textContent = "";
      const refuse = (sentence) => list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
      if (said.refused) { refuse(said.refused); return; }
      for (const one of said.items) {
        if (one.kept) await act("entries", "readwrite", (store) => store.delete(one.id));
        else refuse(one.sentence);
      }
      say("ok", words.online);
    } catch (error) {
      token = "";
      // A redirect to the sign-in page, or no network: tell them apart, lose nothing.
      const away = !error.signin && !navigator.onLine;
      say("wait", away ? words.offline : words.signin);
    } finally {
      sending = false;
      await note();
      if (again) { again = false; send(); }
    }
  };

  // --- the screen ---
  const stand = new Map(); // session → registration → status
  const begin = async () => {
    for (const one of kept.sessions) stand.set(one.id, new Map());
    for (const person of kept.people) for (const [where, status] of Object.entries(person.marks)) stand.get(where)?.set(person.id, status);
    for (const { kind, item } of await entries()) apply(kind, item);
    find("[data-title]").textContent = `${kept.code}, ${kept.place}`;
    session = kept.sessions[0];
    part("list");
    draw();
    await note();
    say(navigator.onLine ? "ok" : "wait", navigator.onLine ? words.online : words.offline);
    send();
  };
  const apply = (kind, item) => {
    if (kind === "marks") stand.get(item.session)?.set(item.registration, item.status);
    if (kind === "head_counts") { const one = kept.sessions.find((it) => it.id === item.session); if (one) one.people = item.people; }
    if (kind === "arrivals" && !kept.people.some((it) => it.id === item.id)) kept.people.push({ id: item.id, number: "", name: item.name, place: item.staff_number || "", marks: {} });
  };
  const draw = () => {
    const tabs = find("[data-sessions]");
    tabs.textContent = "";
    for (const one of kept.sessions) {
      const tab = Object.assign(document.createElement("a"), { href: "#", textContent: `${new Date(`${one.day}T12:00`).toLocaleDateString(document.documentElement.lang, { weekday: "short", day: "numeric", month: "short" })} ${one.starts}` });
      if (one === session) tab.setAttribute("aria-current", "page");
      tab.addEventListener("click", (event) => { event.preventDefault(); session = one; draw(); });
      tabs.append(tab);
    }
    const counted = session.people !== null && session.people !== undefined;
    find("[data-heads]").hidden = counted;
    find("[data-roll]").hidden = !counted;
    if (!counted) return;
    find("[data-counted]").textContent = words.counted.replace("%s", session.people);
    const list = find("[data-roll] ol"), model = find("[data-line]").content;
    list.textContent = "";
    const places = find("[name=replaces]");
    while (places.options.length > 1) places.remove(1);
    for (const person of kept.people) {
      const line = model.cloneNode(true), group = line.querySelector(".seg"), name = line.querySelector("b");
      name.textContent = person.name;
      name.id = `p-${person.id}`;
      group.setAttribute("aria-labelledby", name.id);
      line.querySelector("small").textContent = [person.number && words.number.replace("%s", person.number), person.place].filter(Boolean).join(", ");
      for (const radio of line.querySelectorAll("input")) {
        radio.name = `s-${person.id}`;
        radio.checked = stand.get(session.id).get(person.id) === radio.value;
        radio.addEventListener("change", async () => {
          const where = session;
          await write("marks", { session: where.id, registration: person.id, status: radio.value });
          stand.get(where.id).set(person.id, radio.value);
        });
      }
      list.append(line);
      places.append(new Option(person.name, person.id));
    }
  };
  find("[data-heads]").addEventListener("submit", async (event) => {
    event.preventDefault();
    const people = Number(find("#heads").value);
    if (!Number.isInteger(people) || people < 0 || find("#heads").value.trim() === "") { find("#heads").focus(); return; }
    await write("head_counts", { session: session.id, people });
    session.people = people;
    find("#heads").value = "";
    draw();
  });
  find("[data-arrival]").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target, name = form.elements.name.value.trim(), staff = form.elements.staff_number.value.trim();
    if (!name && !staff) { form.elements.name.focus(); return; }
    const person = await write("arrivals", { name: name || staff, staff_number: staff, replaces: form.elements.replaces.value || null });
    apply("arrivals", person);
    await write("marks", { session: session.id, registration: person.id, status: "present" });
    stand.get(session.id).set(person.id, "present");
    form.reset();
    draw();
  });
  find("[data-send]").addEventListener("click", send);
  find("[data-forget]").addEventListener("click", async () => {
    if (await note()) { say("bad", words.unsent); return; }
    await act("lists", "readwrite", (store) => store.delete(workshop));
    location.reload();
  });
  addEventListener("online", send);
  setInterval(() => { if (kept && navigator.onLine) send(); }, 60000);

  // --- beginning ---
  const choose = () => {
    part("choose");
    find("[data-part=choose]").addEventListener("submit", async (event) => {
      event.preventDefault();
      const word = find("#new-word").value;
      if (word.length < 6) { say("bad", words.short); return; }
      const answer = await fetch(address("lists"), { redirect: "error", headers: { Accept: "application/json" } }).catch(() => null);
      if (!answer || !answer.ok) { say("bad", words.signin); return; }
      const list = await answer.json();
      token = list.token;
      delete list.token;
      list.device = crypto.randomUUID();
      const salt = crypto.getRandomValues(new Uint8Array(16)), until = Date.now() + DAYS * 86400000;
      key = await keyFrom(word, salt);
      const hidden = await close(list);
      await act("lists", "readwrite", (store) => store.put({ id: workshop, until, salt, ...hidden }));
      kept = list;
      await begin();
    });
  };
  const unlock = (row) => {
    part("open");
    find("[data-part=open]").addEventListener("submit", async (event) => {
      event.preventDefault();
      key = await keyFrom(find("#word").value, row.salt);
      try { kept = await disclose(row); } catch { say("bad", words.wrong); find("#word").focus(); return; }
      await begin();
    });
  };
  (async () => {
    if (!(window.isSecureContext && navigator.serviceWorker && window.indexedDB && crypto.subtle)) { say("bad", words.unsafe); return; }
    navigator.serviceWorker.register(root.dataset.worker).catch(() => say("bad", words.unsafe));
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    database = await open();
    const waiting = new Set((await act("entries", "readonly", (store) => store.getAll())).map((row) => row.workshop));
    for (const row of await act("lists", "readonly", (store) => store.getAll())) {
      if (row.until < Date.now() && !waiting.has(row.id)) {
        await act("lists", "readwrite", (store) => store.delete(row.id));
        if (row.id === workshop) say("wait", words.over);
      }
    }
    const all = await act("lists", "readonly", (store) => store.getAll());
    if (!workshop) {
      if (all.length) { location.hash = all[0].id; location.reload(); } else part("none");
      return;
    }
    const row = all.find((one) => one.id === workshop);
    if (row) unlock(row); else choose();
  })();
})();
