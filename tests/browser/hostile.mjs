// A site whose every text attacks: markup, script, addresses, bidi tricks, endless names, a description of a megabyte.
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const SCRIPT = `"><script>window.hit=1;alert(1)</script><img src=x onerror="window.hit=2">`;
const TRICK = `safe\u202egnirts\u202c \u2066x\u2069 \u0000${SCRIPT}`;
const ENDLESS = "n".repeat(500);
// What a careless generator would let through; the pages have to stop it alone.
const HTML = `<p>before</p><script>window.hit=3</script><img src=x onerror="window.hit=4"><a href="javascript:window.hit=5">a</a><a href=" java\tscript:window.hit=6">b</a>
<svg><script>window.hit=7</script></svg><math><mtext><img src=x onerror="window.hit=8"></mtext></math><iframe srcdoc="<script>parent.hit=9</script>"></iframe>
<style>body{display:none}</style><p style="position:fixed;inset:0" onclick="window.hit=10">styled</p><form action="https://example.com"><input autofocus onfocus="window.hit=11"></form>
<img src="https://example.com/pixel.png" alt="pixel"><base href="https://example.com/"><meta http-equiv="refresh" content="0;url=https://example.com/"><object data="x"></object>
<p>\u202eright to left override</p><table><tr><td>${"x".repeat(3000)}</td></tr></table><p>after</p>`;

/** Writes the hostile site beside copies of the pages of `site`; gives its folder. */
export function hostileSite(site) {
  const folder = mkdtempSync(join(tmpdir(), "buhin-hostile-"));
  for (const file of ["index.html", "app.js", "app.css"]) copyFileSync(join(site, file), join(folder, file));
  const put = (key, value) => {
    const path = join(folder, "data", key + ".js");
    mkdirSync(dirname(path), { recursive: true });
    const text = JSON.stringify(value).replace(/</g, "\\u003c").replace(/\u2028/g, "\\u2028").replace(/\u2029/g, "\\u2029");
    writeFileSync(path, `buhin.data(${JSON.stringify(key)},${text});\n`);
  };
  const names = [TRICK, ENDLESS, "__proto__", "plain"];
  const n = names.length, ids = names.map((name, i) => `model.p.${i === 0 ? SCRIPT : i === 2 ? "__proto__" : "n" + i}`);
  put("home", {
    version: 1, buhin: "0.1.0", project: TRICK, description: HTML, dialect: SCRIPT, target: SCRIPT, counts: { parts: n, sources: 0, seeds: 0, snapshots: 0, tests: 1, exposures: 1, columns: n * 2 },
    coverage: { described: [0, 0], columns: [1, 8], inherited: [0, 8], tested: [1, 4], owned: [4, 4] }, layers: [{ name: SCRIPT, parts: 1, described: 1, tested: 0 }, { name: ENDLESS, parts: 1, described: 0, tested: 0 }],
    materializations: [[SCRIPT, 1]], owners: [[TRICK, 1], [ENDLESS, 1]], exposures: [{ id: ids[0], name: SCRIPT, label: TRICK, type: SCRIPT, url: "javascript:window.hit=20", owner: SCRIPT, parts: [0] }],
    warnings: [{ code: SCRIPT, count: 1, title: SCRIPT, parts: [0] }], changed: [{ part: 0, what: "added", name: SCRIPT }], run: null, folders: [["models/" + SCRIPT.replace(/\//g, "|"), n]],
    pieces: { dictionary: 1, columns: 1, text: 1, sql: [] },
  });
  put("index", {
    n, id: ids, name: names, label: names.map(() => TRICK), kind: names.map(() => 0), kinds: ["model"], folder: names.map(() => 0), folders: ["models/" + SCRIPT.replace(/\//g, "|")], package: names.map(() => 0), packages: [SCRIPT],
    materialized: names.map(() => 0), materializations: [SCRIPT], owner: names.map(() => 0), owners: [TRICK], tags: names.map(() => [0]), tag_names: [SCRIPT], file: names.map(() => SCRIPT), short: names.map(() => TRICK), columns: names.map(() => 2),
  });
  put("graph", { layers: 2, layer: [0, 1, 1, 1], y: [0, 0, 1, 2], edges: [0, 1, 0, 2, 0, 3], freshness: null, rows: null });
  const columns = (i) => [TRICK, ENDLESS].map((name, k) => ({
    name, label: TRICK, type: SCRIPT, nullable: false, description: k ? "<p>" + "megabyte ".repeat(120000) + "</p>" : HTML, inherited: null, codes: [{ value: SCRIPT, meaning: TRICK }, { value: ENDLESS, meaning: ENDLESS }], codes_from: null, tests: [0], tags: [SCRIPT], meta: {},
    kind: SCRIPT, expr: { text: TRICK, line: 1 }, from: [{ n: 0, index: k, column: name, kind: "identity", path: null }, { outside: SCRIPT, column: SCRIPT, kind: SCRIPT }], to: [{ n: (i + 1) % n, index: k, column: name, kind: "identity" }], unknown: [SCRIPT],
  }));
  ids.forEach((id, i) => put("part/" + i, {
    n: i, id, name: names[i], label: TRICK, kind: "model", relation: SCRIPT, database: SCRIPT, schema: SCRIPT, alias: SCRIPT, file: SCRIPT, properties_file: SCRIPT, package: SCRIPT, dialect: "duckdb", description: i === 1 ? "<p>" + "0123456789".repeat(100000) + "</p>" : HTML,
    owner: { name: TRICK, email: SCRIPT }, group: SCRIPT, access: SCRIPT, tags: [SCRIPT, ENDLESS], meta: { __proto__x: SCRIPT, [SCRIPT]: SCRIPT }, language: "sql", materialized: SCRIPT, reason: TRICK, auto: true, contract: true, deprecated: SCRIPT,
    facts: { type: SCRIPT, rows: 1, bytes: 2, modified: SCRIPT }, freshness: { status: SCRIPT, at: SCRIPT, warn_after: SCRIPT }, parents: i ? [0] : [], children: i ? [] : [1, 2, 3], exposures: [],
    tests: [{ name: SCRIPT, kind: "generic", column: 0, severity: SCRIPT, status: "fail", failures: 3, message: TRICK, says: SCRIPT }], columns: columns(i), shape: [{ role: SCRIPT, n: 0, index: 0, column: SCRIPT }], shape_to: [], opaque: SCRIPT, gaps: [SCRIPT],
    code: { text: `select '</script>${SCRIPT}' -- \u202e${"long ".repeat(2000)}\n`.repeat(30), runs: "k6-1s30" }, compiled: { text: SCRIPT + "\n" + SCRIPT, runs: "", lines: [[0, 1], null] }, files: [SCRIPT],
    complexity: [{ name: SCRIPT, title: SCRIPT, title_ja: SCRIPT, value: SCRIPT, limit: SCRIPT, share: 0.5, source: "javascript:window.hit=21" }], config: { a: SCRIPT },
  }));
  put("columns/0", { names: [TRICK, ENDLESS], at: [[0, 0, 1, 0], [0, 1]], labels: [[TRICK, [0, 0]]], codes: [[SCRIPT, TRICK, 0, 0]] });
  put("text/0", { n: [0, 1], i: [-1, 0], t: [TRICK, "megabyte ".repeat(120000)] });
  put("dictionary/0", ids.map((_, i) => [i, 0, TRICK, TRICK, SCRIPT, TRICK, -1, [[SCRIPT, TRICK]]]));
  return { folder, ids, trick: TRICK };
}
