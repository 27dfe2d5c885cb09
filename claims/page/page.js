"use strict";
(() => {
  const root = document.documentElement;
  const box = document.getElementById("filter");
  const told = document.getElementById("filtered");
  const claims = Array.from(document.querySelectorAll("article.claim"));
  const marked = Array.from(document.querySelectorAll("[data-claim]"));
  // What holds claims, and nothing when none of them is left: papers, and their rows of cells.
  const holders = Array.from(document.querySelectorAll("section[id^=paper-], #matrix tbody tr"));
  root.classList.add("scripted");
  const sift = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set();
    for (const claim of claims) {
      const text = claim.dataset.words;
      claim.hidden = !words.every((word) => text.includes(word));
      if (!claim.hidden) shown.add(claim.id);
    }
    for (const item of marked) item.hidden = !shown.has(item.dataset.claim);
    for (const holder of holders) {
      const held = Array.from(holder.querySelectorAll("article.claim, li[data-claim]"));
      holder.hidden = held.length > 0 && held.every((claim) => claim.hidden);
    }
    told.textContent = words.length ? `${shown.size} of ${claims.length} claims` : "";
  };
  box.addEventListener("input", sift);
  const step = (by) => {
    const open = claims.filter((claim) => !claim.hidden);
    const here = open.indexOf(document.activeElement.closest("article.claim"));
    const next = open[Math.min(Math.max(here + by, 0), open.length - 1)];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView(); }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { box.value = ""; sift(); box.blur(); }
    if (event.target === box) return;
    if (event.key === "/") { event.preventDefault(); box.focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) { box.value = ""; sift(); target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
