// A part among its neighbours: what it reads, what reads it.

const NEIGHBOUR_LIMIT = 12;

function partLineage(part) {
  if (!part.parents.length && !part.children.length && !part.opaque) return null;
  return [
    part.opaque && h("p.note.warn", null, t("opaque"), ": ", h("span", { dir: "auto" }, part.opaque)),
    h("div.neighbours", null,
      neighbourList("upstream", part.parents),
      h("div.neighbour-here", { "aria-hidden": "true" }, h("span.dot", { class: "kind-" + part.kind }), name(cut(part.name, 80))),
      neighbourList("downstream", part.children)),
    shapeList(part),
    part.gaps && part.gaps.length > 0 && h("details.fold", null, h("summary", null, h("span.fold-title", null, t("gaps")), h("span.count", null, number(part.gaps.length))),
      h("ul.gaps", null, part.gaps.slice(0, 100).map((gap) => h("li", { dir: "auto" }, gap))))];
}

function neighbourList(key, list) {
  const items = h("ul");
  const draw = (limit) => fill(items, list.slice(0, limit).map((n) => h("li", null, partLink(n), ix.label[n] && h("span.mini", { dir: "auto" }, cut(ix.label[n], 60)))),
    list.length > limit && h("li", null, h("button.button", { type: "button", onclick: () => draw(Infinity) }, t("show_more", { n: number(list.length - limit) }))));
  draw(NEIGHBOUR_LIMIT);
  return h("div.neighbour-side", { class: key }, h("h3", null, t(key), h("span.count", null, number(list.length))), list.length ? items : h("p.quiet", null, t("none")));
}

function shapeList(part) {
  if (!part.shape || !part.shape.length) return null;
  return h("div", null, h("h3", null, t("shape_from")), h("ul.shape", null, part.shape.slice(0, 60).map((step) => h("li", null,
    h("span.chip", null, tWord("role_", step.role)), " ",
    step.n == null ? name(cut((step.outside || "") + "." + step.column, 120)) : h("a", { href: to.part(ix.id[step.n], step.column) }, name(cut(ix.name[step.n], 80)), ".", h("strong", null, name(cut(step.column, 80))))))));
}
