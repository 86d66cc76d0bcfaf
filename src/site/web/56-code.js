// SQL side by side: the author's text and the compiled one, with lines that lead from one to the other.

// Lines drawn before the reader asks for all; a page of a hundred thousand lines would freeze any browser.
const LINE_LIMIT = 2000;

function partCode(part) {
  if (!part.code && !part.compiled) return null;
  const says = h("p.code-says.quiet", { "aria-live": "off" }, part.compiled && part.compiled.lines ? t("code_hint") : "");
  const panes = [];
  // Compiled lines that the author of this part did not write look different: those of other files, and buhin's own.
  const blank = part.compiled ? part.compiled.text.split("\n").map((line) => !line.trim()) : [];
  const origin = (i) => {
    if (blank[i]) return "";
    const place = part.compiled.lines ? part.compiled.lines[i] : undefined;
    return place === undefined ? "" : !place ? "made" : part.files[place[0]] !== part.file ? "other" : "";
  };
  if (part.code) panes.push(codePane("authored", part.code, part.file, () => ""));
  if (part.compiled) panes.push(codePane("compiled", part.compiled, null, origin));
  if (part.code && part.compiled && part.compiled.lines) linkLines(part, panes[0], panes[1], says);
  return [h("div.code-panes", { class: panes.length > 1 ? "two" : "" }, panes.map((pane) => pane.node)), panes.length > 1 && says];
}

function codePane(key, code, file, origin) {
  const lines = splitRuns(code.text, code.runs);
  const body = h("div.code-lines");
  const pane = { body, lines, shown: 0, grow: null };
  const more = h("p.code-more");
  pane.grow = (limit) => {
    const rest = document.createDocumentFragment();
    for (let i = pane.shown; i < Math.min(limit, lines.length); i++) rest.append(codeLine(lines[i], i + 1, origin(i)));
    pane.shown = Math.max(pane.shown, Math.min(limit, lines.length));
    body.append(rest);
    fill(more, pane.shown < lines.length && h("button.button", { type: "button", onclick: () => pane.grow(Infinity) }, t("show_more", { n: number(lines.length - pane.shown) })));
  };
  pane.grow(LINE_LIMIT);
  body.style.setProperty("--digits", String(lines.length).length);
  pane.node = h("figure.code-pane", null,
    h("figcaption", null, h("span", null, t(key)), file && h("span.mini.wrap", null, file), h("button.icon-button", { type: "button", "aria-label": t("copy") + ": " + t(key), onclick: () => copyText(code.text) }, icon("copy"))),
    h("div.code", { tabindex: 0, role: "region", "aria-label": t(key), translate: "no" }, body, more));
  return pane;
}

function codeLine(pieces, number, origin) {
  const line = h("div.line", { "data-line": number, class: origin });
  line.append(h("span.line-number", { "aria-hidden": "true", "data-n": number }));
  const text = h("span.line-text");
  for (const [piece, kind] of pieces) text.append(kind ? h("span", { class: "c-" + kind }, piece) : plain(piece));
  if (!pieces.length) text.append("\n");
  line.append(text);
  return line;
}

/** The text's lines as lists of [piece, class], from runs over the whole text: `k6-1j12`, classes with lengths. */
function splitRuns(text, runs) {
  const lines = [[]];
  let at = 0;
  const put = (piece, kind) => piece.split("\n").forEach((bit, i) => {
    if (i) lines.push([]);
    if (bit) lines[lines.length - 1].push([bit.replace(/\r$/, ""), kind]);
  });
  for (const [, kind, length] of runs.matchAll(/([a-z-])(\d+)/g)) {
    put(text.slice(at, at + +length), kind === "-" ? "" : kind);
    at += +length;
  }
  if (at < text.length) put(text.slice(at), "");
  return lines;
}

// Pointing at a compiled line, or clicking it, shows the author's line, and the other way round.
function linkLines(part, authored, compiled, says) {
  const back = new Map();
  part.compiled.lines.forEach((place, i) => {
    if (!place || part.files[place[0]] !== part.file) return;
    if (!back.has(place[1])) back.set(place[1], []);
    back.get(place[1]).push(i + 1);
  });
  let marked = [];
  const clear = () => { marked.forEach((line) => line.classList.remove("linked")); marked = []; };
  const markLine = (pane, n, scroll) => {
    if (n > pane.shown) pane.grow(n + 200);
    const line = pane.body.children[n - 1];
    if (!line) return;
    line.classList.add("linked");
    marked.push(line);
    if (scroll) scrollInside(pane.body.parentNode, line);
  };
  const follow = (fromCompiled, n, scroll) => {
    clear();
    if (!fromCompiled) {
      markLine(authored, n);
      (back.get(n) || []).forEach((m, i) => markLine(compiled, m, scroll && i === 0));
      fill(says, t("line", { n: number(n) }) + " → " + ((back.get(n) || []).slice(0, 12).map((m) => number(m)).join(", ") || t("none")));
      return;
    }
    markLine(compiled, n);
    const place = part.compiled.lines[n - 1];
    if (!place) return void fill(says, compiled.lines[n - 1].length ? t("comes_from_buhin", { n: number(n) }) : t("code_hint"));
    if (part.files[place[0]] === part.file) markLine(authored, place[1], scroll);
    const file = part.files[place[0]] || "?", other = file === part.file ? -1 : ix.file.indexOf(file);
    fill(says, t("comes_from", { n: number(n), m: number(place[1]), file }), other >= 0 && [" · ", partLink(other)]);
  };
  const lineAt = (target) => { const line = target.closest && target.closest(".line"); return line ? +line.dataset.line : 0; };
  for (const [pane, fromCompiled] of [[compiled, true], [authored, false]]) {
    let last = 0;
    pane.body.addEventListener("mousemove", (e) => { const n = lineAt(e.target); if (n && n !== last) follow(fromCompiled, last = n, false); });
    pane.body.addEventListener("mouseleave", () => { last = 0; });
    pane.body.addEventListener("click", (e) => { const n = lineAt(e.target); if (n) follow(fromCompiled, n, true); });
    // By keyboard: up and down walk the lines of the pane.
    pane.body.parentNode.addEventListener("keydown", (e) => {
      if ((e.key !== "ArrowDown" && e.key !== "ArrowUp") || e.altKey || e.ctrlKey || e.metaKey) return;
      e.preventDefault();
      last = Math.max(1, Math.min(pane.lines.length, last + (e.key === "ArrowDown" ? 1 : -1)));
      follow(fromCompiled, last, true);
      scrollInside(pane.body.parentNode, pane.body.children[last - 1]);
      announce(says.textContent);
    });
  }
}

function scrollInside(box, line) {
  if (!line) return;
  const top = line.offsetTop - box.offsetTop;
  if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 40) box.scrollTop = top - box.clientHeight / 3;
}

/** Scrolls the author's SQL to a line and marks it. */
function showCodeLine(n) {
  const line = document.querySelector("#s-code .code-pane .line[data-line='" + n + "']");
  if (!line) return;
  document.querySelectorAll("#s-code .linked").forEach((other) => other.classList.remove("linked"));
  line.classList.add("linked");
  document.getElementById("s-code").scrollIntoView({ block: "start" });
  scrollInside(line.closest(".code"), line);
}
