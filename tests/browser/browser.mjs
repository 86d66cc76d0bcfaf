// A Chromium of this machine, driven by Playwright, and pages that note every error and every request that leaves the folder.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = [process.env.BUHIN_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --force-color-profile=srgb --font-render-hinting=none".split(" ");

/** Where Chromium is, or null. */
export function chromiumPath() {
  return PLACES.find((path) => path && existsSync(path)) || null;
}

/** A browser; `more` are further flags. */
export function launch(more = []) {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS.concat(more) });
}

/** A page of the site at a route; `page.requested` collects requests, `page.troubles` errors and requests outside the site's folder. */
export async function open(browser, site, hash = "#/", options = {}) {
  const context = await browser.newContext({ viewport: { width: options.width || 1280, height: options.height || 860 }, locale: options.language === "ja" ? "ja-JP" : "en-US", colorScheme: options.theme || "light", timezoneId: "UTC", reducedMotion: "reduce", acceptDownloads: true, ...options.context });
  // A busy machine may take long for a page; nothing here is about time.
  context.setDefaultTimeout(100_000);
  const page = await context.newPage();
  page.troubles = [];
  page.on("console", (message) => { if (message.type() === "error" || message.type() === "warning") page.troubles.push(message.text()); });
  page.on("pageerror", (error) => page.troubles.push(String(error.stack || error)));
  page.on("dialog", (dialog) => { page.troubles.push("dialog: " + dialog.message()); dialog.dismiss(); });
  page.requested = [];
  page.on("request", (request) => page.requested.push(decodeURI(request.url())));
  page.on("request", (request) => { if (!request.url().startsWith("file://" + site) && !/^(data|blob):/.test(request.url())) page.troubles.push("request: " + request.url()); });
  await page.goto("file://" + site + "/index.html" + hash);
  await settled(page);
  return page;
}

/** Waits until the page shown is complete. */
export async function settled(page) {
  await page.waitForSelector("#main:not([aria-busy]) > *");
  await page.waitForTimeout(60);
}
