/* Comfort only: every page works without this file. */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const live = $("#live"), palette = $("#palette"), box = $("#palette-q");

  // The server writes times in the zone of the browser once it knows it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`zone=${zone}`))
    document.cookie = `zone=${zone};path=/;max-age=31536000;samesite=lax`;

  const rows = () => $$("[data-row]");
  const main = (row) => $(".on a, td a, .by p + p a, a", row);
  const at = () => document.activeElement && document.activeElement.closest("[data-row]");
  function move(step) {
    const all = rows(), here = all.indexOf(at());
    const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
    if (next && main(next)) { main(next).focus(); next.scrollIntoView({ block: "nearest" }); }
  }
  const click = (selector, root) => { const found = root && $(selector, root); if (found) found.click(); return found; };
  // A row that leads to a message has no button for a task of its own: the list stays short.
  const makeTask = (row) => {
    const found = row && $("a[href^='/messages/']", row);
    if (found) go(`/tasks/new?message=${found.pathname.split("/")[2]}&back=${encodeURIComponent(location.pathname)}`);
  };
  const go = (address) => { location.href = address; };

  function ask() {
    if (!palette) return;
    palette.showModal();
    box.select();
    htmx.trigger(box, "opened");
  }
  const places = { b: "/", k: "/tasks", h: "/clients", c: "/clients", t: "/tray", d: "/documents", o: "/offers", m: "/mailboxes", s: "/search" };
  const keys = {
    j: () => move(1), k: () => move(-1),
    o: () => { const row = at() || rows()[0]; if (row && main(row)) main(row).click(); },
    r: () => click("[data-reply]", document.body),
    "/": () => $("#q") && $("#q").focus(),
    "?": () => go("/help"),
    a: () => { const row = at(); if (row && row.matches("[data-tray]")) $("input[list]", row).focus(); },
    c: () => click("[data-act=c]", at()), x: () => click("[data-act=x], [name=clients]", at()), e: () => click("[data-act=e]", at()),
    y: () => click("[data-act=y]", at()), n: () => click("[data-act=n]", at()) || click("a[data-act=n]", document.body),
    t: () => click("[data-act=t]", at() || document.body) || makeTask(at()),
    s: () => click("[data-act=s]", at()),
  };
  // What was typed into a form that the server refused is put back into it; passwords are not kept.
  const alike = (form) => $$("form").filter((one) => one.getAttribute("action") === form.getAttribute("action"));
  document.addEventListener("submit", ({ target }) => {
    if (target.method !== "post") return;
    const secret = new Set(["csrf_token", ...$$("[type=password]", target).map((one) => one.name)]);
    const typed = [...new FormData(target)].filter(([name, value]) => typeof value === "string" && !secret.has(name));
    sessionStorage.setItem("typed", JSON.stringify([location.pathname, target.getAttribute("action"), alike(target).indexOf(target), typed]));
  });
  const [page, action, place, typed] = JSON.parse(sessionStorage.getItem("typed") || "[]");
  sessionStorage.removeItem("typed");
  const refused = typed && page === location.pathname && $("#notices .wrong")
    && $$("form").filter((one) => one.getAttribute("action") === action)[place];
  for (const field of refused ? refused.elements : []) {
    if (!field.name || ["hidden", "password", "file", "submit", "fieldset"].includes(field.type)) continue;
    if (["checkbox", "radio"].includes(field.type)) {
      field.checked = typed.some(([name, value]) => name === field.name && value === field.value);
    } else if (field.type !== "select-multiple") {
      const found = typed.findIndex(([name]) => name === field.name);
      if (found >= 0) field.value = typed.splice(found, 1)[0][1];
    }
  }
  document.addEventListener("change", ({ target }) => {
    if (target.dataset.every) $$(`[name=${target.dataset.every}]`, target.form).forEach((one) => { one.checked = target.checked; });
  });
  let awaited = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) { event.preventDefault(); ask(); return; }
    if (event.target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape" && !palette?.open) event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || palette?.open) return;
    if (event.key === "Escape") { $$("details.menu[open]").forEach((one) => { one.open = false; }); return; }
    if (!("keys" in document.documentElement.dataset)) return;
    if (Date.now() - awaited < 1500 && places[event.key]) { event.preventDefault(); awaited = 0; go(places[event.key]); return; }
    awaited = event.key === "g" ? Date.now() : 0;
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // The palette: arrows choose, Enter goes.
  if (box) {
    const options = () => $$("#places [role=option]");
    const choose = (next) => {
      options().forEach((one) => one.setAttribute("aria-selected", one === next));
      if (next) { box.setAttribute("aria-activedescendant", next.id); next.scrollIntoView({ block: "nearest" }); }
    };
    box.addEventListener("keydown", (event) => {
      const all = options(), here = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        choose(all[(here + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
      } else if (event.key === "Enter") {
        event.preventDefault();
        // Who types fast is answered later: go where the answer to these words leads, not the one before.
        if (answered() !== box.value.trim()) awaiting = true;
        else if (all[here]) $("a", all[here]).click();
      }
    });
    const list = $("#places");
    const answered = () => $("[data-q]", list)?.dataset.q;
    let awaiting = false;
    new MutationObserver(() => {
      if (awaiting && answered() === box.value.trim()) { awaiting = false; click("a", list); }
    }).observe(list, { childList: true });
  }
  // Grids: arrows and Enter go up and down, cells from a spreadsheet are pasted into cells.
  $$("[data-grid]").forEach((grid) => {
    const cell = (row, at) => row && row.cells[at] && $("input", row.cells[at]);
    grid.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key], here = event.target.closest("td");
      if (!step || !here) return;
      event.preventDefault();
      cell(grid.rows[here.parentNode.rowIndex + step], here.cellIndex)?.select();
    });
    grid.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text").replace(/\r?\n$/, ""), here = event.target.closest("td");
      if (!here || !/[\t\n]/.test(text)) return;
      event.preventDefault();
      text.split(/\r?\n/).forEach((line, down) => line.split("\t").forEach((value, right) => {
        const found = cell(grid.rows[here.parentNode.rowIndex + down], here.cellIndex + right);
        if (found) found.value = value.trim();
      }));
    });
  });
  document.addEventListener("click", (event) => {
    $$("details.menu[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });

  // Live arrival: a stream tells the numbers of new entries; where there is none, the page asks now and then.
  const list = $("#timeline[data-live]");
  if (list) {
    let after = list.dataset.after, asking = 0;
    const insert = (html) => {
      const made = document.createElement("template");
      made.innerHTML = html;
      const fresh = $$("li[data-row]", made.content).filter((row) => !document.getElementById(row.id));
      fresh.reverse().forEach((row) => {
        const time = $("time", row).dateTime;
        const below = $$(":scope > li", list).find((one) => $("time", one).dateTime <= time);
        row.classList.remove("more");
        row.classList.add("arrived");
        list.insertBefore(row, below || null);
        after = Math.max(after, row.id.slice(1));
      });
      if (!fresh.length) return;
      list.hidden = false;
      $("#nothing")?.remove();
      live.textContent = list.dataset.said + " " + fresh.map((row) => $$(".by, .on a:first-child", row).map((one) => one.textContent.trim()).join(": ")).join("; ");
    };
    const ask_new = async (query) => {
      const address = list.dataset.new + (list.dataset.new.includes("?") ? "&" : "?") + query;
      const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer?.ok) insert(await answer.text());
    };
    const poll = () => { if (!asking) asking = setInterval(() => { if (!document.hidden) ask_new("after=" + after); }, 20000); };
    const listen = () => {
      const stream = new EventSource(list.dataset.live.replace(/after=\d+/, "after=" + after));
      stream.addEventListener("arrived", (event) => ask_new(event.data.split(" ").map((id) => "id=" + id).join("&")));
      stream.addEventListener("busy", () => { stream.close(); poll(); });
      stream.onerror = () => {
        // A stream ends after a minute and is opened again; one that was refused is not.
        if (stream.readyState === EventSource.CLOSED) poll();
      };
      addEventListener("pagehide", () => stream.close(), { once: true });
    };
    if (window.EventSource) listen(); else poll();
  }
})();
