// A plain script, there before the modules: keeps the keys that somebody presses early, for site.js to take.
(() => {
  const kept = [];
  const keep = (event) => kept.push(event);
  document.addEventListener("keydown", keep);
  window.takeFirstKeys = () => {
    document.removeEventListener("keydown", keep);
    return kept;
  };
})();
