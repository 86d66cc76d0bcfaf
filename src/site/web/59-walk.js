// Walking a column's values, step by step: up to where they begin, or down to where they end.

// Steps opened without being asked for; the reader opens the rest. Nothing is shown twice, so cycles end, too.
const WALK_STEPS = 40;
const WALK_DEPTH = 12;
const WALK_BREADTH = 60;

/** A nested list of the column's inputs ("from") or uses ("to"), opened as far as the bounds allow. */
function walk(part, index, side) {
  const list = h("ul.walk");
  const state = { side, seen: new Set([part.n + ":" + index]), budget: WALK_STEPS };
  const steps = part.columns[index][side] || [];
  if (!steps.length) return h("p.quiet", null, t(side === "from" ? "source_end" : "root_end"));
  grow(list, steps, state, 0);
  return list;
}

async function grow(list, steps, state, depth) {
  const opened = [];
  const put = (some) => {
    for (const step of some) {
      const item = walkItem(step, state, depth);
      list.append(item.node);
      if (item.open) opened.push(item.open);
    }
  };
  put(steps.slice(0, WALK_BREADTH));
  if (steps.length > WALK_BREADTH) {
    const more = h("button.button", { type: "button", onclick: () => { more.remove(); put(steps.slice(WALK_BREADTH)); } }, t("show_more", { n: number(steps.length - WALK_BREADTH) }));
    list.after(more);
  }
  // Breadth first: near steps matter more than far ones.
  for (const open of opened) if (state.budget > 0 && depth < WALK_DEPTH) { state.budget--; await open(); } else open.later();
}

function walkItem(step, state, depth) {
  if (step.n == null) {
    return { node: h("li", null, h("div.step", null, h("span.step-name", null, h("span.dot", { "aria-hidden": "true" }), h("span.column-part", null, name(cut(step.outside || "?", 120))), h("strong", null, name(cut(step.column || "?", 120)))), kindChip(step.kind), h("span.chip", null, t("outside")))) };
  }
  const key = step.n + ":" + step.index;
  const line = h("div.step", null, h("span.step-name", null, columnLink(step.n, step.column)), kindChip(step.kind));
  const node = h("li", null, line);
  if (step.path) line.append(h("code.type", null, cut(String(step.path), 120)));
  if (state.seen.has(key)) {
    line.append(h("span.mini", null, t("seen_above")));
    return { node };
  }
  state.seen.add(key);
  let begun = false;
  const open = async () => {
    if (begun) return;
    begun = true;
    let part;
    try { part = await loadPart(step.n); } catch (_) { line.append(h("span.mini", null, t("broken"))); return; }
    const column = part.columns[step.index];
    if (!column) return;
    if (column.label) line.append(h("span.mini", { dir: "auto" }, cut(column.label, 80)));
    const shown = state.side === "to" || (column.from || []).length ? column.expr : null;
    if (shown && shown.text !== column.name) node.append(expression(shown.text));
    if (column.unknown && column.unknown.length) line.append(h("span.chip.warn", { title: plain(cut(column.unknown[0], 300)) }, t("unknown_origin")));
    const next = column[state.side] || [];
    if (!next.length) {
      line.append(h("span.chip.good", null, t(state.side === "from" ? "source_end" : "root_end")));
      return;
    }
    const inner = h("ul");
    node.append(inner);
    await grow(inner, next, state, depth + 1);
  };
  open.later = () => {
    const button = h("button.button.small", { type: "button", "aria-label": t("expand_more") + ": " + plain(step.column), onclick: async () => {
      button.remove();
      state.budget = Math.max(state.budget, 12);
      await open();
    } }, icon("plus"), t("expand_more"));
    node.append(button);
  };
  return { node, open };
}

function kindChip(kind) {
  return kind && kind !== "identity" && h("span.chip", null, tWord("transform_", kind));
}
