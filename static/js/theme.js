// Runs before the first paint, so it is a plain script and does one thing.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing still follows the system's theme.
  }
})();
