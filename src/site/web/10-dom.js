// Building elements: text always goes in as text, and hostile characters are shown, not obeyed.

// Characters that reorder or hide text: bidi controls, zero-width ones, and the C0/C1 controls but tab and newline.
const TRICKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** The text with characters that could mislead a reader written out as ‹U+202E›. */
function plain(text) {
  return String(text).replace(TRICKS, (c) => "‹U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0") + "›");
}

/** An element: `h("a.big#top", {href, onclick}, "text", child, [more])`. False, null and undefined children are left out. */
function h(spec, attributes, ...children) {
  const parts = spec.split(/(?=[.#])/);
  const element = document.createElement(parts[0]);
  for (const part of parts.slice(1)) {
    if (part[0] === ".") element.classList.add(part.slice(1));
    else element.id = part.slice(1);
  }
  if (attributes) setAttributes(element, attributes);
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; attributes only. */
function s(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) if (attributes[key] != null) element.setAttribute(key, attributes[key]);
  append(element, children);
  return element;
}

function setAttributes(element, attributes) {
  for (const key in attributes) {
    const value = attributes[key];
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") for (const name of value.split(" ")) { if (name) element.classList.add(name); }
    else if (key === "style") for (const name in value) element.style.setProperty(name, value[name]);
    else element.setAttribute(key, value === true ? "" : value);
  }
}

/** Appends nodes, and strings as text; arrays are flattened. */
function append(element, children) {
  for (const child of children) {
    if (child == null || child === false || child === "") continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : plain(child));
  }
  return element;
}

/** Empties an element and fills it again. */
function fill(element, ...children) {
  element.textContent = "";
  return append(element, children);
}

/** A name that somebody else chose: isolated, so that its direction stays its own. */
function name(text, spec) {
  return h(spec || "bdi", spec ? { dir: "auto" } : null, text);
}

/** A small line icon of 16 by 16. */
function icon(id) {
  return s("svg", { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", focusable: "false" },
    s("path", { d: ICONS[id], fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" }));
}

const ICONS = {
  search: "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10ZM10.7 10.7 14 14",
  home: "M2.5 7.5 8 3l5.5 4.5M4 6.8V13h8V6.8",
  graph: "M4.5 4.5h-2v-2h2zM13.5 4.5h-2v-2h2zM13.5 13.5h-2v-2h2zM4.5 3.5h7M4.5 3.5c4 0 3 9 7 9",
  book: "M3 2.5h8.5a1 1 0 0 1 1 1v10H4a1 1 0 0 1-1-1zM3 12a1.500 1.500 0 0 1 1.500-1.500h8M5.500 5.500h4.500",
  sun: "M8 10.800a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600ZM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6.500 8 10.500l4-4",
  right: "M6.500 4l4 4-4 4",
  copy: "M5.500 5.500h7v8h-7zM10.500 5.500v-3h-7v8h2",
  link: "M6.500 9.500l3-3M7 5l1.500-1.500a2.500 2.500 0 0 1 3.500 3.500L10.500 8.500M9 11l-1.500 1.500A2.500 2.500 0 0 1 4 9L5.500 7.500",
  save: "M8 2.500v7.500M5 7.500l3 3 3-3M3 13.500h10",
  plus: "M8 3.500v9M3.500 8h9",
  minus: "M3.500 8h9",
  fit: "M2.500 6v-3.500h3.500M10 2.500h3.500v3.500M13.500 10v3.500h-3.500M6 13.500h-3.500v-3.500",
};
