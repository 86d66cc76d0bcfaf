// Going from page to page: titles, focus, announcements, and the place where one was.

// Each page is a function from a route to a promise of {title, node, update?, leave?, wide?}.
const pages = Object.create(null);

let current = null;
let turn = 0;
let firstPage = true;
const places = new Map();
let placeNumber = 0;

/** Shows what the address says. */
async function go() {
  const route = parseRoute(location.hash);
  if (current && current.page === route.page && current.update && current.update(route)) return;
  const mine = ++turn;
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  const view = await viewOf(route);
  if (mine !== turn) return;
  if (current) {
    places.set(current.place, scrollY);
    if (current.leave) current.leave();
  }
  view.page = route.page;
  showView(main, view);
}

async function viewOf(route) {
  const page = pages[route.page];
  if (!page) return missing();
  try {
    return await page(route);
  } catch (error) {
    if (!(error instanceof Missing)) console.error(error);
    return {
      title: t("broken"),
      node: h("div.page", null, h("h1", null, t("broken")), h("p.lead", null, t("broken_text", { key: error.message }))),
    };
  }
}

/** The page for an address that leads nowhere. */
function missing() {
  return {
    title: t("not_found"),
    node: h("div.page", null, h("h1", null, t("not_found")), h("p.lead", null, t("not_found_text")), h("p", null, h("a", { href: to.home() }, t("home")))),
  };
}

function showView(main, view) {
  const back = history.state && history.state.place;
  view.place = back || ++placeNumber + "-" + Math.random();
  if (!back) history.replaceState({ place: view.place }, "");
  current = view;
  fill(main, view.node);
  main.classList.toggle("wide", !!view.wide);
  main.removeAttribute("aria-busy");
  setTitle(view.title);
  markCurrent(view);
  if (view.shown) view.shown();
  if (firstPage) {
    firstPage = false;
    return;
  }
  scrollTo(0, back ? places.get(back) || 0 : 0);
  const heading = main.querySelector("h1");
  if (heading && !view.keepFocus) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  announce(view.title);
}

/** The title of the window: the page's, then the project's. */
function setTitle(title) {
  const project = have("home") ? have("home").project : "";
  document.title = [title && cut(plain(title), 120), project && cut(plain(project), 80)].filter(Boolean).join(" · ") || t("docs_of");
}

let announcing = 0;

/** Says something to screen readers. */
function announce(text) {
  const region = document.getElementById("says");
  clearTimeout(announcing);
  announcing = setTimeout(() => { region.textContent = plain(text); }, 60);
}
