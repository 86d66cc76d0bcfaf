// Descriptions come as HTML that the generator made safe; they pass an allow-list here a second time.

const ALLOWED = new Set(("a abbr b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p " +
  "pre q rp rt ruby s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var").split(" "));
const DROPPED = new Set("script style template iframe object embed svg math noscript title textarea select link meta base form".split(" "));
const KEPT = { a: ["href", "title"], img: ["src", "alt", "title"], td: ["colspan", "rowspan"], th: ["colspan", "rowspan"], ol: ["start"], abbr: ["title"], input: [] };

// Images that come with the text; others become links, for nothing is asked of the network.
const INLINE_IMAGE = /^data:image\/(png|gif|jpeg|webp);/i;

// What is longer than this is cut at first and opened on request.
const LONG = 12000;

/** A description as nodes in a `.prose` block, its headings below `level`; long ones are folded and open with a button. */
function prose(html, level) {
  const block = h("div.prose", { dir: "auto" });
  const show = (source) => {
    const parsed = new DOMParser().parseFromString(source, "text/html");
    block.textContent = "";
    const headings = Array.from(parsed.querySelectorAll("h1, h2, h3, h4, h5, h6"), (heading) => +heading.localName[1]);
    const outline = { least: Math.min(6, ...headings), top: level, last: level };
    for (const child of Array.from(parsed.body.childNodes)) copySafe(child, block, outline);
  };
  if (html.length <= LONG) {
    show(html);
    return block;
  }
  show(html.slice(0, LONG));
  const more = h("button.button", { type: "button", onclick: () => { show(html); more.remove(); } }, t("show_all_of", { size: bytes(html.length) }));
  return h("div", null, block, more);
}

function copySafe(node, into, outline) {
  if (node.nodeType === Node.TEXT_NODE) {
    into.append(plain(node.nodeValue));
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  const tag = node.localName;
  if (DROPPED.has(tag) || (tag === "input" && node.type !== "checkbox")) return;
  let target = into;
  if (ALLOWED.has(tag) && (tag !== "img" || INLINE_IMAGE.test(node.getAttribute("src")))) {
    target = safeElement(node, tag, outline);
    into.append(target);
  } else if (tag === "img") {
    const link = safeLink(node.getAttribute("src"));
    into.append(link ? h("a", { href: link, rel: "noopener noreferrer", target: "_blank" }, node.getAttribute("alt") || link) : node.getAttribute("alt") || "");
  }
  for (const child of Array.from(node.childNodes)) copySafe(child, target, outline);
}

function safeElement(node, tag, outline) {
  // Headings go below the page's own and skip no level, so that its outline stays right.
  const heading = /^h([1-6])$/.exec(tag);
  if (heading) outline.last = Math.min(6, outline.last + 1, outline.top + 1 + Number(heading[1]) - outline.least);
  const dead = tag === "a" && !safeLink(node.getAttribute("href"));
  const element = document.createElement(heading ? "h" + outline.last : dead ? "span" : tag);
  if (dead) return element;
  for (const key of KEPT[tag] || []) {
    const value = node.getAttribute(key);
    if (value == null) continue;
    if (key === "href") {
      const link = safeLink(value);
      element.setAttribute("href", link);
      if (!link.startsWith("#")) setAttributes(element, { rel: "noopener noreferrer", target: "_blank" });
    } else element.setAttribute(key, key === "src" ? value : plain(value));
  }
  if (tag === "img") setAttributes(element, { alt: node.getAttribute("alt") || "", loading: "lazy" });
  if (tag === "input") setAttributes(element, { type: "checkbox", disabled: true, checked: node.checked, "aria-label": t("task") });
  if (tag === "pre" || tag === "table") element.tabIndex = 0;
  return element;
}

/** The address if its scheme is harmless, else null. */
function safeLink(value) {
  if (!value) return null;
  const trimmed = value.replace(/[\u0000-\u0020]+/g, "");
  return /^(https?:|mailto:|#)/i.test(trimmed) ? trimmed : null;
}
