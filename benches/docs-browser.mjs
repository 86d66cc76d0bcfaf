// Measures generated docs sites in Chromium: bytes and time until something useful is painted, search latency, memory of the tab.
// Use: node benches/docs-browser.mjs [--dbt INDEX] SITE… (after `npm ci --prefix tests/browser`); one line of figures per site
// and measure. INDEX is the page of a dbt of this machine (dbt/task/docs/index.html in its package): it is measured on the same
// projects, with the manifest and the catalog that stand beside the sites; it can't be opened from a disk, so it is served.
import { createServer } from "node:http";
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { chromiumPath, launch, settled } from "../tests/browser/browser.mjs";

const QUERIES = ["order", "customer_id", "ordre", "注文", "顧客番号", "出荷", "amount total", "status", "stg_order", "の"];
const median = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)];

if (!chromiumPath()) {
  console.log("skipped: no Chromium here (set BUHIN_CHROMIUM)");
  process.exit(0);
}
// What the machine takes for a page with nothing but a heading, in the same way: the times below mean little without it.
const empty = mkdtempSync(join(tmpdir(), "buhin-empty-"));
writeFileSync(join(empty, "index.html"), "<!doctype html><title>empty</title><h1>empty</h1>");
await paint(empty, "an empty page", "", "h1");
rmSync(empty, { recursive: true });
const given = process.argv.slice(2);
const dbt = given[0] === "--dbt" ? given.splice(0, 2)[1] : null;
for (const site of given.map((path) => resolve(path))) {
  await measure(site);
  if (dbt) await measureDbt(dbt, site);
}

// dbt's page, at home and with the whole graph: useful when the project's name or a box of the graph is there.
async function measureDbt(index, site) {
  const files = { "/index.html": index, "/manifest.json": join(site, "manifest.json"), "/catalog.json": join(dirname(site), "catalog.json") };
  const server = createServer((request, response) => {
    const file = files[request.url.split("?")[0]];
    response.writeHead(file && existsSync(file) ? 200 : 404);
    if (file && existsSync(file)) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const project = readData(site, "home").project, address = `http://127.0.0.1:${server.address().port}/index.html`;
  const bytes = Object.values(files).filter(existsSync).reduce((sum, file) => sum + statSync(file).size, 0);
  for (const [what, hash, wanted] of [["dbt, home", "#!/overview", "home"], ["dbt, graph", "#!/overview?g_v=1", "graph"]]) {
    const browser = await launch();
    const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.addInitScript(({ project, wanted }) => {
      const drawn = () => {
        const canvas = document.querySelector("canvas[data-id='layer2-node']");
        return canvas && canvas.width && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte);
      };
      const named = () => document.body && document.body.innerText.includes(project);
      const look = () => { if (wanted === "graph" ? drawn() : named()) requestAnimationFrame(() => { window.usefulAt = performance.now(); }); else setTimeout(look, 50); };
      look();
    }, { project, wanted });
    let line = "not within two minutes";
    try {
      await page.goto(address + hash, { timeout: 120000 });
      await page.waitForFunction(() => window.usefulAt, null, { timeout: 120000 });
      const metric = async (name) => (await session.send("Performance.getMetrics")).metrics.find((it) => it.name === name).value;
      line = `${(await page.evaluate(() => window.usefulAt)).toFixed(0).padStart(5)} ms, of it main thread ${((await metric("TaskDuration")) * 1000).toFixed(0).padStart(4)} ms, heap ${((await metric("JSHeapUsedSize")) / 1e6).toFixed(0)} MB`;
    } catch (error) { if (!/Timeout|closed|crashed/.test(error.message)) throw error; }
    console.log(`  ${what.padEnd(18)} ${(bytes / 1024).toFixed(0).padStart(6)} KB  ${line}`);
    await browser.close();
  }
  server.close();
}

async function measure(site) {
  const index = readData(site, "index");
  const middle = index.id[Math.floor(index.n / 2)];
  console.log(`\n${site}: ${index.n} entities, ${index.columns.reduce((a, b) => a + b, 0)} columns, ${folderSize(site, (n) => n / 1e6).toFixed(1)} MB`);
  const home = "#/", part = "#/part/" + encodeURIComponent(middle), graph = "#/graph", whole = "#/graph?view=parts";
  await paint(site, "home", home, "h1");
  await paint(site, "part page", part, ".part h1");
  await paint(site, "graph", graph, ".graph-status span", true);
  await paint(site, "graph, all parts", whole, ".graph-status span", true);
  await search(site);
}

// Three cold starts each: a new browser profile every time, so nothing is cached but the system's files.
async function paint(site, what, hash, selector, frames) {
  const times = [], loaded = [], work = [];
  let frame = null;
  for (let i = 0; i < 3; i++) {
    const browser = await launch();
    const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
    const urls = new Set();
    page.on("request", (request) => urls.add(request.url()));
    await page.goto("about:blank");
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.addInitScript((wanted) => {
      const look = () => {
        if (document.querySelector(wanted)) requestAnimationFrame(() => requestAnimationFrame(() => { window.usefulAt = performance.now(); }));
        else requestAnimationFrame(look);
      };
      look();
    }, selector);
    await page.goto("file://" + site + "/index.html" + hash);
    await page.waitForFunction(() => window.usefulAt, null, { timeout: 60000 });
    times.push(await page.evaluate(() => window.usefulAt));
    work.push((await session.send("Performance.getMetrics")).metrics.find((metric) => metric.name === "TaskDuration").value * 1000);
    loaded.push([...urls].filter((url) => url.startsWith("file:")).reduce((sum, url) => sum + size(url), 0));
    if (frames && i === 2) frame = await pan(page);
    await browser.close();
  }
  console.log(`  ${what.padEnd(18)} ${(median(loaded) / 1024).toFixed(0).padStart(6)} KB  ${median(times).toFixed(0).padStart(5)} ms, of it main thread ${median(work).toFixed(0).padStart(4)} ms` + (frame ? `  a frame while panning: median ${frame.median.toFixed(0)} ms, worst ${frame.worst.toFixed(0)} ms` : ""));
}

async function pan(page) {
  const box = await page.locator("canvas").boundingBox();
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(400);
  await page.evaluate(() => {
    window.gaps = [];
    let last = performance.now();
    const tick = (now) => { window.gaps.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
  });
  await page.mouse.down();
  for (let i = 0; i < 40; i++) await page.mouse.move(x - i * 6, y - i * 3);
  await page.mouse.up();
  const gaps = (await page.evaluate(() => window.gaps)).slice(2);
  return { median: median(gaps), worst: Math.max(...gaps) };
}

async function search(site) {
  const browser = await launch(["--enable-precise-memory-info", "--js-flags=--expose-gc"]);
  const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  await page.goto("file://" + site + "/index.html");
  await settled(page);
  const began = Date.now();
  await page.focus("#search");
  await page.evaluate(() => window.buhin.searchReady());
  console.log(`  search ready after ${Date.now() - began} ms`);
  // Every beginning of a query is a keystroke: the handler and the layout after it. Beside the time on the clock stands the
  // processor time of the page's main thread, which does not depend on what else the machine does.
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const cpu = async () => (await session.send("Performance.getMetrics")).metrics.find((metric) => metric.name === "TaskDuration").value * 1000;
  const clocks = [], cpus = [], line = [];
  for (const query of QUERIES) {
    const here = [];
    for (let k = 1; k <= query.length; k++) {
      const before = await cpu();
      clocks.push(await page.evaluate((text) => {
        const input = document.getElementById("search"), start = performance.now();
        input.value = text;
        input.dispatchEvent(new Event("input"));
        document.body.offsetHeight;
        return performance.now() - start;
      }, query.slice(0, k)));
      here.push((await cpu()) - before);
      await page.waitForTimeout(250);
    }
    cpus.push(...here);
    line.push(`${query} ${Math.max(...here).toFixed(0)}`);
  }
  console.log(`  keystrokes, main thread: median ${median(cpus).toFixed(1)} ms, worst ${Math.max(...cpus).toFixed(0)} ms; on the clock: median ${median(clocks).toFixed(1)} ms, worst ${Math.max(...clocks).toFixed(0)} ms`);
  console.log(`  worst by query: ${line.join(", ")}`);
  const memory = await page.evaluate(() => { window.gc(); return performance.memory.usedJSHeapSize; });
  console.log(`  heap of the tab with all of search loaded: ${(memory / 1e6).toFixed(0)} MB`);
  await browser.close();
}

function readData(site, key) {
  const text = readFileSync(join(site, "data", key + ".js"), "utf8");
  return JSON.parse(text.slice(text.indexOf(",") + 1, text.lastIndexOf(")")));
}

function size(url) {
  try { return statSync(new URL(url)).size; } catch { return 0; }
}

function folderSize(folder, scale) {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) sum += entry.isDirectory() ? folderSize(join(folder, entry.name), (n) => n) : statSync(join(folder, entry.name)).size;
  return scale(sum);
}
