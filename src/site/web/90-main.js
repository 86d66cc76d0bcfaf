// The beginning: when the page and its first data are here, build the frame and show what the address says.

document.addEventListener("DOMContentLoaded", () => {
  history.scrollRestoration = "manual";
  buildShell();
  addEventListener("hashchange", go);
  addEventListener("keydown", globalKeys);
  go();
});
