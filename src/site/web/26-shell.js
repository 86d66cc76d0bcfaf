// The frame around every page: header, search box, side bar, and the regions that speak.

/** Builds the frame; again when the language changes. */
function buildShell() {
  const home = have("home") || {};
  const main = h("main#main", { tabindex: -1 });
  document.body.textContent = "";
  document.body.append(
    h("a.skip", { href: "#main", onclick: (e) => { e.preventDefault(); document.getElementById("main").focus(); } }, t("skip")),
    h("header.top", null,
      h("button.icon-button.menu-button", { type: "button", "aria-label": t("menu"), "aria-expanded": "false", "aria-controls": "side", onclick: toggleSide }, icon("menu")),
      h("a.brand", { href: to.home(), "aria-label": plain(home.project || "") + " – " + t("home") }, mark(), name(cut(home.project || t("docs_of"), 60), "span.brand-name")),
      searchBox(),
      h("nav.links", { "aria-label": t("pages") },
        topLink("home", to.home(), "home"), topLink("graph", to.graph(), "graph"), topLink("dictionary", to.dictionary(), "book")),
      h("div.switches", null,
        h("button.text-button", { type: "button", lang: language() === "ja" ? "en" : "ja", onclick: switchLanguage }, t("language_switch")),
        h("button.icon-button", { type: "button", "aria-label": t("theme"), title: t("theme"), onclick: () => setTheme(isDark() ? "light" : "dark") }, icon("sun")))),
    h("div.frame", null, h("nav#side.side", { "aria-label": t("folders") }, sideTree()), h("div.veil", { onclick: () => closeSide() }), main),
    h("div#says.sr", { role: "status", "aria-live": "polite" }));
}

function topLink(page, href, iconName) {
  return h("a.top-link", { href, "data-page": page, "aria-label": t(page) }, icon(iconName), h("span", null, t(page)));
}

// The mark: three parts put together.
function mark() {
  return s("svg", { class: "mark", viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" },
    s("rect", { x: 1, y: 1, width: 8, height: 8, rx: 2, fill: "currentColor" }),
    s("rect", { x: 1, y: 11, width: 8, height: 8, rx: 2, fill: "currentColor", opacity: 0.55 }),
    s("path", { d: "M11 5h2.500a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-2.500 2.500h-2.500", fill: "none", stroke: "currentColor", "stroke-width": 2 }));
}

function switchLanguage() {
  setLanguage(language() === "ja" ? "en" : "ja");
  if (current && current.leave) current.leave();
  current = null;
  firstPage = true;
  buildShell();
  document.querySelector(".switches .text-button").focus();
  go();
}

function toggleSide() {
  if (document.body.classList.contains("side-open")) closeSide(true);
  else {
    document.body.classList.add("side-open");
    document.querySelector(".menu-button").setAttribute("aria-expanded", "true");
    const first = document.querySelector("#side a, #side button");
    if (first) first.focus();
  }
}

function closeSide(giveBack) {
  if (!document.body.classList.contains("side-open")) return;
  document.body.classList.remove("side-open");
  const button = document.querySelector(".menu-button");
  button.setAttribute("aria-expanded", "false");
  if (giveBack) button.focus();
}

/** Marks where one is, in the header and in the side bar. */
function markCurrent(view) {
  closeSide();
  for (const link of document.querySelectorAll(".top-link")) {
    if (link.dataset.page === view.page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  markInTree(view);
}

/** Listens to the keys that work everywhere. */
function globalKeys(event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.nodeName) || event.target.isContentEditable;
  if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey)) {
    event.preventDefault();
    const box = document.getElementById("search");
    box.focus();
    box.select();
  } else if (event.key === "Escape" && document.body.classList.contains("side-open")) closeSide(true);
}
