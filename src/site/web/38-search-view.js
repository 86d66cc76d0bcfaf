// The search box with its list of choices, and the page of all results.

const QUICK = { parts: 6, columns: 6, codes: 3, texts: 4, sql: 3, same: 3 };
const FULL = { parts: 60, columns: 120, codes: 60, texts: 60, sql: 60 };

function searchBox() {
  const list = h("div.choices", { id: "choices", role: "listbox", "aria-label": t("search"), hidden: true });
  const input = h("input", { id: "search", type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "choices", "aria-autocomplete": "list", "aria-label": t("search"),
    placeholder: t("search_hint"), autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "search" });
  const box = { input, list, links: [], at: -1, turn: 0 };
  input.addEventListener("focus", () => { prepareSearch(); if (input.value.trim()) answer(box); });
  input.addEventListener("input", () => answer(box));
  input.addEventListener("keydown", (e) => choiceKeys(e, box));
  input.addEventListener("blur", () => setTimeout(() => { if (!list.contains(document.activeElement)) closeChoices(box); }, 120));
  list.addEventListener("mousedown", (e) => e.preventDefault());
  list.addEventListener("click", () => closeChoices(box));
  searchListeners.clear();
  searchListeners.add(() => { if (document.activeElement === input && input.value.trim()) answer(box, true); });
  return h("search.search", null, icon("search"), input, h("kbd", { "aria-hidden": "true" }, "/"), list);
}

async function answer(box, again) {
  const query = box.input.value.trim();
  const mine = ++box.turn;
  if (!query) return closeChoices(box);
  if (!found.entities) { prepareSearch(); return showChoices(box, query, null, null, again); }
  const result = searchNow(query, QUICK);
  showChoices(box, query, result, box.deepFor === query ? box.deep : null, again);
  const deep = await searchDeep(query, QUICK, () => mine !== box.turn);
  if (!deep || mine !== box.turn || box.list.hidden) return;
  box.deep = deep;
  box.deepFor = query;
  if (deep.texts.length || deep.sql.length) showChoices(box, query, result, deep, true);
}

function showChoices(box, query, result, deep, keep) {
  const chosen = keep && box.at >= 0 ? box.links[box.at].getAttribute("href") : null;
  box.links = [];
  box.at = -1;
  const groups = result ? resultGroups(result, deep) : [];
  const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
  const option = (row) => {
    const link = h("a.choice", { role: "option", id: "choice-" + box.links.length, href: row.href, tabindex: -1, "aria-selected": "false" }, row.content);
    box.links.push(link);
    return link;
  };
  fill(box.list,
    result && result.similar && h("div.choices-note", { role: "presentation" }, t("found_similar", { words: result.similar.join(", ") })),
    groups.map((group) => h("div.choices-group", { role: "group", "aria-label": t(group.key) }, h("div.choices-title", { "aria-hidden": "true" }, t(group.key)), group.rows.map(option))),
    result && h("div.choices-group", { role: "group", "aria-label": t("search") }, option({ href: to.search(query), content: [icon("search"), h("span", null, total || found.stage < 3 ? t("search_all", { q: cut(query, 60) }) : t("search_none", { q: cut(query, 60) }))] })),
    !result && h("div.choices-note", { role: "presentation" }, t("loading")));
  box.list.hidden = false;
  box.input.setAttribute("aria-expanded", "true");
  box.input.removeAttribute("aria-activedescendant");
  if (chosen) choose(box, box.links.findIndex((link) => link.getAttribute("href") === chosen));
  if (result && !keep) announce(t("search_count", { n: number(total) }));
}

function closeChoices(box) {
  box.list.hidden = true;
  box.at = -1;
  box.input.setAttribute("aria-expanded", "false");
  box.input.removeAttribute("aria-activedescendant");
}

function choose(box, at) {
  if (box.at >= 0 && box.links[box.at]) box.links[box.at].setAttribute("aria-selected", "false");
  box.at = at;
  if (at < 0) return;
  const link = box.links[at];
  link.setAttribute("aria-selected", "true");
  link.scrollIntoView({ block: "nearest" });
  box.input.setAttribute("aria-activedescendant", link.id);
}

function choiceKeys(event, box) {
  // While an input method composes Japanese, its keys are its own.
  if (event.isComposing) return;
  const open = !box.list.hidden;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!open) return void answer(box);
    const step = event.key === "ArrowDown" ? 1 : -1, n = box.links.length;
    if (n) choose(box, box.at < 0 ? (step > 0 ? 0 : n - 1) : (box.at + step + n) % n);
  } else if (event.key === "Enter" && box.input.value.trim()) {
    event.preventDefault();
    const link = open && box.links[box.at >= 0 ? box.at : 0];
    location.hash = link ? link.getAttribute("href") : to.search(box.input.value.trim());
    closeChoices(box);
  } else if (event.key === "Escape") {
    if (open) closeChoices(box);
    else box.input.value = "";
    event.preventDefault();
  }
}

/** Results as groups of rows {href, content}. */
function resultGroups(result, deep) {
  const terms = result.terms, groups = [];
  const add = (key, rows, total) => { if (rows.length) groups.push({ key, rows, total }); };
  add("found_parts", result.parts.map(({ n }) => ({ href: to.part(ix.id[n]), content: [kindDot(n), h("span.choice-name", null, marked(cut(ix.name[n], 200), terms)), ix.label[n] && h("span.choice-label", null, marked(cut(ix.label[n], 120), terms)), ix.short[n] && !inName(n, terms) && h("span.choice-about", null, marked(snippet(ix.short[n], terms), terms)), h("span.choice-note", null, tWord("kind_", kindOf(n)))] })), result.counts.parts);
  add("found_columns", result.columns.map((hit) => ({ href: to.part(ix.id[hit.n], hit.name), content: [kindDot(hit.n), h("span.choice-name", null, marked(cut(hit.name, 200), terms)), hit.label && h("span.choice-label", null, marked(cut(hit.label, 120), terms)),
    h("span.choice-note", null, name(cut(ix.name[hit.n], 80)), hit.more > 0 && " " + t("in_n_more", { n: number(hit.more) }))] })), result.counts.columns);
  add("found_codes", result.codes.map((hit) => ({ href: to.part(ix.id[hit.n], columnName(hit.n, hit.i)), content: [h("code.type", null, cut(hit.value, 40)), h("span.choice-name", null, marked(cut(hit.meaning || "", 120), terms)),
    h("span.choice-note", null, name(cut(ix.name[hit.n] + "." + columnName(hit.n, hit.i), 100)), hit.more > 0 && " " + t("in_n_more", { n: number(hit.more) }))] })), result.counts.codes);
  if (deep) {
    const shown = new Set(result.parts.map(({ n }) => n));
    add("found_texts", deep.texts.filter((hit) => hit.i >= 0 || !shown.has(hit.n) || hit.text.length > 160).map((hit) => ({ href: to.part(ix.id[hit.n], hit.i < 0 ? null : columnName(hit.n, hit.i)), content: [kindDot(hit.n), h("span.choice-text", null, h("span.choice-over", null, name(cut(ix.name[hit.n] + (hit.i < 0 ? "" : "." + columnName(hit.n, hit.i)), 120))), h("span.choice-snippet", { dir: "auto" }, marked(snippet(hit.text, terms), terms)))] })));
    add("found_sql", deep.sql.map(({ n }) => ({ href: to.part(ix.id[n]), content: [kindDot(n), h("span.choice-name", null, name(cut(ix.name[n], 200))), h("span.choice-note", null, ix.file[n])] })));
  }
  return groups;
}

// Whether the name or the label tells why the entity was found; else its description has to.
function inName(n, terms) {
  return terms.some((term) => found.entities.names[n].includes(term.text) || found.entities.labels[n].includes(term.text));
}

/** The text around the first hit. */
function snippet(text, terms) {
  const folded = foldFast(text);
  const at = Math.max(0, Math.min(...terms.map((term) => folded.indexOf(term.text)).filter((x) => x >= 0), text.length));
  // What stands far to the right would be cut off where there is little room.
  const start = at >= text.length || at <= 50 ? 0 : at - 30;
  return (start ? "…" : "") + text.slice(start, start + 140) + (start + 140 < text.length ? "…" : "");
}

/** The text with the terms in it marked, as nodes. */
function marked(text, terms) {
  const letters = Array.from(text), at = [];
  let folded = "";
  letters.forEach((letter, k) => { const f = foldFast(letter); for (let i = 0; i < f.length; i++) at.push(k); folded += f; });
  const on = new Uint8Array(letters.length);
  const paint = (wanted) => {
    for (let i = folded.indexOf(wanted), guard = 0; i >= 0 && guard < 50; i = folded.indexOf(wanted, i + wanted.length), guard++) for (let k = at[i]; k <= at[i + wanted.length - 1]; k++) on[k] = 1;
    return folded.includes(wanted);
  };
  for (const term of terms) if (!paint(term.text) && term.grams) term.grams.forEach(paint);
  const box = h("bdi");
  for (let i = 0; i < letters.length;) {
    let j = i;
    while (j < letters.length && on[j] === on[i]) j++;
    const piece = letters.slice(i, j).join("");
    box.append(on[i] ? h("mark", null, piece) : plain(piece));
    i = j;
  }
  return box;
}

pages.search = async (route) => {
  const query = (route.options.q || "").trim();
  const title = query ? t("search_results", { q: cut(query, 80) }) : t("search");
  const body = h("div.results"), status = h("p.quiet", { role: "status" }, t("search_more"));
  const view = { title, node: h("div.page", null, h("header.page-head", null, h("h1", { dir: "auto" }, title), status), body) };
  let gone = false;
  view.leave = () => { gone = true; };
  await loadIndex();
  const ready = prepareSearch();
  if (!found.entities) await ready;
  const draw = (deep) => {
    const result = searchNow(query, FULL);
    const groups = resultGroups(result, deep);
    fill(body, result.similar && h("p.note", null, t("found_similar", { words: result.similar.join(", ") })),
      groups.map((group) => h("section", null, h("h2", null, t(group.key), group.total != null && h("span.count", null, number(group.total))), h("ul", null, group.rows.map((row) => h("li", null, h("a.choice", { href: row.href }, row.content)))),
        group.key === "found_columns" && group.total > group.rows.length && h("p", null, h("a", { href: to.dictionary({ q: query }) }, t("show_all", { n: number(group.total) }))))));
    return groups.length;
  };
  draw(null);
  ready.then(async () => {
    const deep = await searchDeep(query, FULL, () => gone);
    if (!deep) return;
    fill(status, draw(deep) ? "" : t("search_none", { q: cut(query, 80) }));
  });
  return view;
};
