/**
 * Chooses light or dark before the first paint: the page loads this before anything is drawn, which is never true of a module.
 * `src/theme.ts` handles later choices, with the same words.
 */
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("edge-relay-theme");
  } catch {
    // The browser denies access to its storage, so the system's setting is used.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
