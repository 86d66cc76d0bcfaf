// The reader's choices: language and theme. They outlive the page where the browser allows it, and nothing depends on that.

function remembered(key) {
  try { return localStorage.getItem("buhin." + key); } catch (_) { return null; }
}

function remember(key, value) {
  try { localStorage.setItem("buhin." + key, value); } catch (_) { /* private windows and some file:// pages refuse */ }
}

let currentLanguage = remembered("language");
if (currentLanguage !== "ja" && currentLanguage !== "en") currentLanguage = /^ja\b/i.test(navigator.language || "") ? "ja" : "en";
document.documentElement.lang = currentLanguage;

/** The language of the interface: "en" or "ja". */
function language() {
  return currentLanguage;
}

function setLanguage(value) {
  currentLanguage = value;
  document.documentElement.lang = value;
  remember("language", value);
}

let currentTheme = remembered("theme");
if (currentTheme === "light" || currentTheme === "dark") document.documentElement.dataset.theme = currentTheme;

/** Whether the page is dark now, by choice or by the system. */
function isDark() {
  return currentTheme === "dark" || (currentTheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function setTheme(value) {
  currentTheme = value;
  document.documentElement.dataset.theme = value;
  remember("theme", value);
  themeListeners.forEach((listener) => listener());
}

const themeListeners = new Set();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => themeListeners.forEach((listener) => listener()));

/** Whether the reader wants little movement. */
function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
