/* Comfort for practice and assessments; never needed. Words come from data attributes, already in the page's language.
   Timer:    <p class="timer" data-left="1260" data-min="%s min" data-sec="%s s"><b data-clock>21 min</b></p>
             <p class="vh" role="status" data-announce data-10="…" data-5="…" data-1="…" data-0="…"></p>
   Ordering: <ol class="order" data-up="Move up" data-down="Move down" data-place="Place %s"> with a select in each row
   Saving:   <form data-save="/address/" data-failed="…"> and somewhere <p class="line" role="status" data-status></p>
             the address answers {"saved": "Answer 6 saved at 14:32"} */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  for (const timer of all(".timer[data-left]")) {
    const left = +timer.dataset.left, clock = timer.querySelector("[data-clock]");
    const voice = document.querySelector("[data-announce]");
    const from = [performance.now(), Date.now()]; // the first stands still while some phones sleep
    let said = left / 60;
    const tick = () => {
      const spent = Math.max(performance.now() - from[0], Date.now() - from[1]) / 1000;
      const rest = Math.max(0, left - spent);
      put(clock, rest > 60 ? timer.dataset.min.replace("%s", Math.ceil(rest / 60)) : timer.dataset.sec.replace("%s", Math.ceil(rest)));
      timer.classList.toggle("soon", rest <= 300);
      for (const minute of [10, 5, 1, 0]) {
        if (rest / 60 <= minute && said > minute && voice) put(voice, voice.dataset[minute] || "");
      }
      said = Math.min(said, rest / 60);
      if (!rest) clearInterval(running);
    };
    const running = setInterval(tick, 1000);
    tick();
  }

  for (const list of all("ol.order[data-up]")) {
    const voice = list.insertAdjacentElement("afterend", document.createElement("p"));
    voice.className = "vh";
    voice.setAttribute("role", "status");
    const move = (row, up, button) => {
      const other = up ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      if (up) other.before(row); else other.after(row);
      [...list.children].forEach((line, index) => { line.querySelector("select").value = index + 1; });
      put(voice, list.dataset.place.replace("%s", [...list.children].indexOf(row) + 1));
      button.focus();
      list.dispatchEvent(new Event("change", { bubbles: true }));
    };
    for (const row of list.children) {
      for (const up of [true, false]) {
        const button = document.createElement("button"), text = up ? list.dataset.up : list.dataset.down;
        button.type = "button";
        button.className = "btn quiet square";
        button.textContent = up ? "↑" : "↓";
        button.setAttribute("aria-label", `${text}: ${row.querySelector("label").textContent.trim()}`);
        button.addEventListener("click", () => move(row, up, button));
        row.append(button);
      }
    }
  }

  for (const form of all("form[data-save]")) {
    const status = document.querySelector("[data-status]");
    let last = Promise.resolve();
    const show = (kind, text) => { if (status && text) { status.className = `line ${kind}`; put(status, text); } };
    const save = async () => {
      try {
        const answer = await fetch(form.dataset.save, {
          method: "POST", body: new FormData(form), redirect: "error", headers: { Accept: "application/json" },
        });
        if (!answer.ok) throw new Error(answer.status);
        show("ok", (await answer.json()).saved);
      } catch { show("bad", form.dataset.failed); }
    };
    form.addEventListener("change", () => {
      // From now on what stands here is the person's own choice, not only what the page showed.
      for (const seen of all('[name^="_seen."]', form)) seen.value = "";
      last = last.then(save); // one after the other: the newest wins
    });
  }
})();
