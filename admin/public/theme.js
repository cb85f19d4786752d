/**
 * Light or dark, before the first paint: the page loads this before anything is drawn, which a module never is. What is chosen later,
 * `src/theme.ts` says, with the same words.
 */
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("edge-relay-theme");
  } catch {
    // A browser that keeps its storage shut: the system's own is taken.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
