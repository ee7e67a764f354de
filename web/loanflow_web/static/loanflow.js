// What scripts add: speed. Every page works without this file.
"use strict";

(() => {
  const page = document.documentElement;
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

  // --- The form of a task: drafts, conditions, the guard against losing text -------------------------------------

  const form = find("[data-work-form]");
  let isDirty = false;
  let isSending = false;

  function post(address) {
    return fetch(address, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-Requested-With": "loanflow" },
      credentials: "same-origin",
    });
  }

  function later(milliseconds, action) {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(action, milliseconds); };
  }

  async function saveDraft() {
    if (!form || !form.dataset.draft || isSending) return;
    const line = find("[data-saved]");
    try {
      const answer = await post(form.dataset.draft);
      const found = await answer.json();
      line.textContent = found.words;
      if (answer.ok) isDirty = false;
    } catch {
      line.textContent = line.dataset.offline || "";
    }
  }

  // Conditions are the server's: it says again which fields show. Values stay, the caret stays.
  let latest = 0;
  async function refreshFields() {
    if (!form || !form.dataset.refresh || isSending) return;
    const turn = ++latest;
    const answer = await post(form.dataset.refresh).catch(() => null);
    if (!answer || !answer.ok || turn !== latest) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = find("[data-form-body]", fresh);
    const now = find("[data-form-body]", form);
    if (!next || !now || turn !== latest) return;
    const shape = (root) => [
      ...all("[name]", root).map((field) => `${field.name} ${field.type} ${field.readOnly || field.disabled}`),
      ...all(".computed, .static-text, option, .choice, .check, td", root).map((part) => part.textContent),
    ].join("|");
    if (shape(next) === shape(now)) return;
    const active = document.activeElement;
    const id = active && active.id;
    const value = active && active.type === "radio" ? active.value : null;
    const caret = active && "selectionStart" in active ? safely(() => active.selectionStart) : null;
    now.replaceWith(document.adoptNode(next));
    let again = id ? document.getElementById(id) : null;
    if (!again && value !== null) again = all(`[name="${CSS.escape(active.name)}"]`, form).find((field) => field.value === value);
    if (again) {
      again.focus({ preventScroll: true });
      if (caret !== null) safely(() => again.setSelectionRange(caret, caret));
    }
  }

  function safely(action) {
    try { return action(); } catch { return null; }
  }

  if (form) {
    const saveSoon = later(1500, saveDraft);
    const refreshSoon = later(250, refreshFields);
    form.addEventListener("input", () => { isDirty = true; saveSoon(); });
    form.addEventListener("change", () => { isDirty = true; refreshSoon(); });
    form.addEventListener("submit", (event) => {
      if (isSending) { event.preventDefault(); return; }
      isSending = true;
      isDirty = false;
      setTimeout(() => { isSending = false; }, 8000);
    });
    addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
    addEventListener("pageshow", () => { isSending = false; });
  }

  const summary = find("#error-summary");
  if (summary) {
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      const target = field.matches("fieldset") ? find("input", field) || field : field;
      target.focus();
      target.scrollIntoView({ block: "center", behavior: reducedMotion ? "auto" : "smooth" });
    });
  }

  // --- Keys: off while typing -------------------------------------------------------------------------------------

  const isTyping = (target) => target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
  const open = (link) => { if (link) { link.click(); return true; } return false; };

  function step(direction) {
    const rows = all("[data-row]");
    if (!rows.length) return false;
    const focused = rows.indexOf(document.activeElement);
    const current = focused >= 0 ? focused : rows.findIndex((row) => row.hasAttribute("aria-current"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, current + direction))];
    next.focus();
    return open(next);
  }

  const help = find("#keyboard-help");
  let lastKey = "";
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    c: () => open(find("[data-claim] button")),
    Escape: () => open(find("[data-back]")),
    "?": () => { if (!help) return false; help.showModal(); return true; },
  };
  const places = { t: "/tasks", c: "/cases" };

  document.addEventListener("keydown", (event) => {
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key === "Enter" && form) {
      event.preventDefault();
      const button = find("[data-submit]");
      form.requestSubmit(button || undefined);
    } else if (control && event.key.toLowerCase() === "s" && form && form.dataset.draft) {
      event.preventDefault();
      saveDraft();
    } else if (control && event.key.toLowerCase() === "k") {
      const search = all("input[type=search]").find((field) => field.offsetParent !== null);
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (!control && !event.altKey && !isTyping(event.target) && !(help && help.open)) {
      if (lastKey === "g" && places[event.key]) {
        event.preventDefault();
        location.assign(places[event.key]);
      } else if (/^[1-5]$/.test(event.key) && open(all("[data-tab]")[Number(event.key) - 1])) {
        event.preventDefault();
      } else if (keys[event.key] && lastKey !== "g" && keys[event.key]()) {
        event.preventDefault();
      }
      lastKey = event.key;
    }
  });

  // --- Small comforts ---------------------------------------------------------------------------------------------

  // A large drawing opens at the place where the case stands.
  for (const canvas of all("[data-canvas]")) {
    const token = find(".lf-current, .lf-incident", canvas);
    if (token) {
      const frame = canvas.getBoundingClientRect();
      const box = token.getBoundingClientRect();
      canvas.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
      canvas.scrollTop += box.top + box.height / 2 - frame.top - frame.height / 2;
    }
  }

  const selected = find("[data-row][aria-current]");
  if (selected && selected.offsetParent !== null) selected.scrollIntoView({ block: "nearest" });

  for (const toast of all(".toasts:not(.session-warning) .toast")) setTimeout(() => toast.remove(), 10000);

  // Counted from the page's arrival, so that a wrong clock of the computer does no harm.
  const warning = find("[data-ends-in]");
  if (warning) {
    const warnAfter = (seconds) => setTimeout(() => { warning.hidden = false; }, Math.max(0, (seconds - 120) * 1000));
    let timer = warnAfter(Number(warning.dataset.endsIn));
    find("[data-extend]", warning).addEventListener("click", async (event) => {
      event.preventDefault();
      const answer = await fetch(event.target.dataset.extend, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
      if (!answer || !answer.ok) { location.reload(); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-ends-in]");
      warning.hidden = true;
      clearTimeout(timer);
      if (fresh) timer = warnAfter(Number(fresh.dataset.endsIn));
    });
  }

  page.dataset.ready = "true";
})();
