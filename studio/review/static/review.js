// Keys, the wipe, how long somebody looked, and what happens meanwhile. Everything else is htmx.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  let began = performance.now();

  // What lies over is cut off where the slider stands; videos are kept in step.
  function wipe(slider) {
    for (const part of document.querySelectorAll(".over, .edge")) part.style.setProperty("--cut", slider.value + "%");
  }
  document.addEventListener("input", (event) => { if (event.target.id === "cut") wipe(event.target); });
  document.addEventListener("timeupdate", (event) => {
    const over = one("video.over");
    if (event.target.matches("video.under") && over && Math.abs(over.currentTime - event.target.currentTime) > 0.08)
      over.currentTime = event.target.currentTime;
  }, true);

  // Reasons open when a take is rejected.
  function ask(open) {
    const reasons = one("#reasons"), button = one("[data-does=reject]");
    if (!reasons) return;
    reasons.hidden = !open;
    one("#bench").classList.toggle("asking", open);  // keys mean reasons now, so the buttons that have the same ones go
    button.setAttribute("aria-expanded", String(open));
    if (open) { reasons.scrollIntoView({block: "nearest"}); one("input", reasons).focus({preventScroll: true}); }
    else { for (const box of reasons.querySelectorAll("input")) box.checked = false; button.focus(); }
  }
  document.addEventListener("click", (event) => {
    const does = event.target.closest("[data-does]")?.dataset.does;
    if (does === "reject") ask(one("#reasons").hidden);
    if (does === "cancel") ask(false);
    if (event.target.closest("[data-reload]")) { event.preventDefault(); location.reload(); }
  });

  const press = (does) => one(`[data-does=${does}]:not(:disabled)`)?.click();
  const KEYS = {1: "accept", 2: "reject", 3: "next", u: "undo"};
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const open = one("#reasons") && !one("#reasons").hidden;
    if (open && event.key === "Escape") { event.preventDefault(); return ask(false); }
    if (event.target.matches("textarea, input:not([type=checkbox]):not([type=range])")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (open) {
      const box = /^[1-9]$/.test(event.key) && document.querySelectorAll("#reasons input[type=checkbox]")[event.key - 1];
      if (box) { event.preventDefault(); box.checked = !box.checked; }
      if (event.key === "Enter" && !event.target.matches("button, a")) { event.preventDefault(); press("send"); }
      return;
    }
    if (KEYS[event.key]) { event.preventDefault(); press(KEYS[event.key]); }
  });

  // How long somebody looked goes with the word.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.path === "/review") event.detail.parameters.set("seconds", ((performance.now() - began) / 1000).toFixed(1));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "bench" || event.detail.target.id === "told")
      one("#told")?.scrollIntoView({block: "nearest"});
    if (event.detail.target.id === "bench") { began = performance.now(); one("[data-does=next]")?.focus({preventScroll: true}); }
  });
  document.addEventListener("htmx:sendError", () => {
    const told = one("#told");
    if (!told) return;
    told.hidden = false;
    told.className = "told error";
    told.textContent = "genga does not answer; nothing was kept. Is it still running?";
  });

  // What happens meanwhile: a line below, and the tiles concerned.
  const live = one("#live");
  const counts = {take: 0, failure: 0};
  const changed = (part) => htmx.trigger(part, "changed");
  function heard(news) {
    if (news.event in counts) counts[news.event] += 1;
    const so_far = [[counts.take, "made"], [counts.failure, "failed"]].filter(([n]) => n).map(([n, what]) => `${n} ${what}`);
    live.textContent = (so_far.length ? so_far.join(", ") + " · " : "") + news.told;
    if (!news.unit) return;
    for (const tile of document.querySelectorAll(".tile")) {
      const of_it = tile.dataset.unit === news.unit;
      if (of_it) for (const page of document.querySelectorAll(".tile"))
        if (page.dataset.unit === tile.dataset.place) changed(page);
      if (of_it) changed(tile);
    }
    document.querySelectorAll("[data-any]").forEach(changed);
    const bench = one("#bench");
    if (bench && news.event === "pick" && bench.dataset.unit === news.unit && bench.dataset.stage === news.stage
        && bench.dataset.language === (news.language || "") && one("#word [name=artifact]")?.value !== news.artifact)
      one("#anew").hidden = false;
  }
  const source = new EventSource("/events");
  source.onmessage = (event) => heard(JSON.parse(event.data));
  source.onerror = () => { live.textContent = "genga does not answer: what happens is not shown until it does."; };
  source.onopen = () => { if (live.textContent.startsWith("genga does not")) live.textContent = "Connected again."; };
})();
