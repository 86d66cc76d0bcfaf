// The side bar: folders as nested lists; the parts of a folder are put in when it is opened.

// Parts listed in one folder of the side bar; the folder's page has them all.
const SIDE_LIMIT = 100;

// The folders of a project with more entities don't show those directly in them before the reader asks: the index of so
// many is as large as the first page may still load.
const AT_ONCE = 300;

let treeNodes = new Map();
let treeSize = 0;

function sideTree() {
  treeNodes = new Map();
  treeSize = 0;
  const root = { children: new Map(), count: 0 };
  for (const [path, count] of sideFolders()) {
    let node = root, at = "";
    for (const piece of path.split("/")) {
      at = at ? at + "/" + piece : piece;
      if (!node.children.has(piece)) node.children.set(piece, { name: piece, path: at, children: new Map(), count: 0, own: 0 });
      node = node.children.get(piece);
      node.count += count;
    }
    node.own = count;
    treeSize += count;
  }
  return h("div.tree", null, h("h2.side-title", null, t("folders")), treeList(root, 0), !root.children.size && h("a.tree-part", { href: to.folder("") }, t("root_folder")));
}

// Every folder with its number of entities: from home's data, or counted once the index is here.
function sideFolders() {
  const { folders } = have("home") || {};
  if (folders) return folders;
  if (!ix) return [];
  const counts = ix.folders.map(() => 0);
  for (const folder of ix.folder) counts[folder]++;
  return ix.folders.map((path, k) => [path, counts[k]]);
}

/** Makes the side bar anew if it had nothing to show and the index has come; a small project's index is asked for. */
async function fillSide() {
  if (treeNodes.size) return;
  const { counts } = have("home") || {};
  const size = counts ? counts.parts + counts.sources + counts.seeds : 0;
  if (!ix && size > AT_ONCE) return;
  await loadIndex();
  if (!treeNodes.size) fill(document.getElementById("side"), sideTree());
}

function treeList(node, depth) {
  const folders = Array.from(node.children.values()).sort((a, b) => (a.name < b.name ? -1 : 1));
  return h("ul", null, folders.map((child) => treeFolder(child, depth)));
}

function treeFolder(node, depth) {
  const inside = h("div.tree-inside", { hidden: true });
  const toggle = h("button.tree-toggle", { type: "button", "aria-expanded": "false", "aria-label": t("expand", { name: node.name }) }, icon("right"));
  const item = h("li", null,
    h("div.tree-row", { style: { "--depth": depth } }, toggle,
      h("a.tree-name", { href: to.folder(node.path), "data-path": node.path }, name(node.name)), h("span.count", null, number(node.count))), inside);
  const folders = treeSlot(inside, () => treeList(node, depth + 1)), parts = treeSlot(inside, async () => { await loadIndex(); rest.remove(); return treeParts(node, depth + 1); });
  const rest = h("button.tree-part.quiet", { type: "button", style: { "--depth": depth + 1 }, onclick: async () => { await parts(); inside.lastChild.querySelector("a").focus(); } }, t("show_all", { n: number(node.own) }));
  node.open = async (open, foldersOnly) => {
    toggle.setAttribute("aria-expanded", String(open));
    inside.hidden = !open;
    if (!open) return;
    await folders();
    if (!node.own) return;
    if (!foldersOnly) await parts();
    else if (!ix) inside.append(rest);
  };
  node.isOpen = () => toggle.getAttribute("aria-expanded") === "true";
  toggle.addEventListener("click", () => node.open(!node.isOpen()));
  treeNodes.set(node.path, node);
  // A project's first folders are of use only when they are open; a big project's index is not loaded for that.
  if (depth === 0 && node.children.size) node.open(true, !ix && treeSize > AT_ONCE);
  return item;
}

// A function that makes what it is given once, and appends it.
function treeSlot(inside, make) {
  let made = null;
  return () => (made = made || Promise.resolve(make()).then((list) => inside.append(list)));
}

function treeParts(node, depth) {
  const folder = ix.folders.indexOf(node.path);
  const parts = [];
  for (let n = 0; n < ix.n; n++) if (ix.folder[n] === folder) parts.push(n);
  parts.sort((a, b) => (ix.name[a] < ix.name[b] ? -1 : 1));
  const rows = parts.slice(0, SIDE_LIMIT).map((n) => h("li", null,
    h("a.tree-part", { href: to.part(ix.id[n]), "data-n": n, title: plain(cut(ix.label[n] || ix.name[n], 200)), style: { "--depth": depth } }, kindDot(n), name(cut(ix.name[n], 80)))));
  if (parts.length > SIDE_LIMIT) rows.push(h("li", null, h("a.tree-part.quiet", { href: to.folder(node.path), style: { "--depth": depth } }, t("show_all", { n: number(parts.length) }))));
  return h("ul", null, rows);
}

/** A dot in the colour of the kind of the entity. */
function kindDot(n) {
  return h("span.dot", { class: "kind-" + kindOf(n), "aria-hidden": "true" });
}

/** Opens the side bar at the page's part or folder, and marks it. */
async function markInTree(view) {
  for (const link of document.querySelectorAll("#side [aria-current]")) link.removeAttribute("aria-current");
  try { await fillSide(); } catch (_) { return; }
  const path = view.folder;
  if (path == null) return;
  let at = "";
  for (const piece of path.split("/")) {
    at = at ? at + "/" + piece : piece;
    const node = treeNodes.get(at);
    if (node && (view.n != null || at !== path)) await node.open(true);
  }
  if (current !== view) return;
  const wanted = Array.from(document.querySelectorAll("#side a")).find((a) => (view.n != null ? a.dataset.n === String(view.n) : a.dataset.path === path));
  if (!wanted) return;
  wanted.setAttribute("aria-current", "page");
  const side = document.getElementById("side");
  const box = wanted.getBoundingClientRect(), frame = side.getBoundingClientRect();
  if (box.top < frame.top || box.bottom > frame.bottom) side.scrollTop += box.top - frame.top - frame.height / 3;
}
