// A folder: what is in it and below it, as a table.

const FOLDER_STEP = 300;

pages.folder = async (route) => {
  await loadIndex();
  const path = route.rest.join("/");
  const inside = (folder) => path === "" || folder === path || folder.startsWith(path + "/");
  const folders = new Set();
  ix.folders.forEach((folder, i) => { if (inside(folder)) folders.add(i); });
  if (!folders.size) return missing();
  const all = [];
  for (let n = 0; n < ix.n; n++) if (folders.has(ix.folder[n])) all.push(n);
  all.sort((a, b) => (ix.name[a] < ix.name[b] ? -1 : 1));
  const labels = all.some((n) => ix.label[n]);
  const body = h("tbody"), more = h("p"), count = h("p.quiet", { role: "status" });
  const filter = h("input.filter", { type: "search", "aria-label": t("filter"), placeholder: t("filter"), autocomplete: "off", spellcheck: "false" });
  let shown = all;
  const draw = (limit) => {
    fill(body, shown.slice(0, limit).map((n) => folderRow(n, labels)));
    fill(more, shown.length > limit && h("button.button", { type: "button", onclick: () => draw(limit + FOLDER_STEP) }, t("show_more", { n: number(Math.min(FOLDER_STEP, shown.length - limit)) })));
    fill(count, t("folder_parts", { n: number(shown.length) }));
  };
  filter.addEventListener("input", () => {
    const wanted = fold(filter.value.trim());
    shown = wanted ? all.filter((n) => fold(ix.name[n] + " " + (ix.label[n] || "") + " " + (ix.short[n] || "")).includes(wanted)) : all;
    draw(FOLDER_STEP);
  });
  draw(FOLDER_STEP);
  const node = h("div.page", null,
    h("header.page-head", null, crumbs(path, true), h("h1", null, name(path.split("/").pop() || t("root_folder"))),
      h("div.tools", null, filter, path && h("a.button", { href: to.graph({ select: "path:" + quoted(path) }) }, icon("graph"), t("show_in_graph"))), count),
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": path || t("root_folder") }, h("table.plain.folder-table", null, h("thead", null, h("tr", null,
      ["name", labels && "logical_name", "description"].filter(Boolean).map((key) => h("th", { scope: "col" }, t(key))), h("th.num", { scope: "col" }, t("columns")), h("th", { scope: "col" }, t("owner")))), body)), more);
  return { title: path, node, folder: path };
};

function folderRow(n, labels) {
  return h("tr", null,
    h("th", { scope: "row" }, h("a.with-dot", { href: to.part(ix.id[n]) }, kindDot(n), h("span.sr", null, tWord("kind_", kindOf(n))), name(cut(ix.name[n], 120)))),
    labels && h("td", null, ix.label[n] && name(cut(ix.label[n], 80))), h("td.quiet", { dir: "auto" }, ix.short[n] || ""),
    h("td.num", null, number(ix.columns[n])), h("td", null, ownerOf(n) && name(cut(ownerOf(n), 60))));
}

/** Links to the folders above; with `last` false the last folder is a link, too. */
function crumbs(path, last) {
  const pieces = path ? path.split("/") : [];
  return h("nav.crumbs", { "aria-label": t("place") }, h("ol", null,
    h("li", null, h("a", { href: "#/folder/" }, t("root_folder"))),
    pieces.slice(0, last ? -1 : undefined).map((piece, i) => h("li", null, h("a", { href: to.folder(pieces.slice(0, i + 1).join("/")) }, name(cut(piece, 60)))))));
}
