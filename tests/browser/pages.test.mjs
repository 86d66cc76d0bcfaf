// What can be said of the pages' files without a browser: style, what they must not use, and the messages in two languages.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const FOLDER = fileURLToPath(new URL("../../src/site/web/", import.meta.url));
const names = readdirSync(FOLDER).sort();
const files = new Map(names.map((name) => [name, readFileSync(FOLDER + name, "utf8")]));
const scripts = names.filter((name) => name.endsWith(".js"));
const whole = scripts.map((name) => files.get(name)).join("\n");

test("joined, the scripts are one script", () => {
  new Script(whole);
});

test("each file says at its head what it is for, and is short", () => {
  for (const [name, text] of files) {
    if (name.endsWith(".html")) continue;
    assert.match(text, name.endsWith(".css") ? /^\/\* [A-Z].+\. \*\/\n/ : /^\/\/ [A-Z].+[.:]/, name);
    if (name !== "15-messages.js") assert.ok(text.split("\n").length <= 300, name + " is too long");
  }
});

test("nothing that the policy forbids, and no way for text to become markup", () => {
  for (const name of scripts) assert.doesNotMatch(files.get(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bfetch\(|XMLHttpRequest|import\(|^(import|export) |setAttribute\("style"/m, name);
  assert.doesNotMatch(files.get("index.html"), /\sstyle=|\son\w+=|https?:|<script>/);
  for (const [name, text] of files) if (name.endsWith(".css")) assert.doesNotMatch(text, /@import|url\(/, name);
});

test("names are unique in the one scope", () => {
  const seen = new Map();
  for (const name of scripts) for (const [, found] of files.get(name).matchAll(/^(?:async )?(?:function|const|let|class) (\w+)/gm)) {
    assert.equal(seen.get(found), undefined, `${found} is in ${seen.get(found)} and ${name}`);
    seen.set(found, name);
  }
});

test("every message is there, in English and Japanese, with the same gaps, and is used", () => {
  const messages = new Function(files.get("15-messages.js") + "; return MESSAGES;")();
  const gaps = (text) => (text.match(/\{\w+\}/g) || []).sort().join();
  for (const [key, [english, japanese]] of Object.entries(messages)) assert.equal(gaps(english), gaps(japanese), key);
  for (const [, key] of whole.matchAll(/\bt\("(\w+)"[,)]/g)) assert.ok(key in messages, key + " has no message");
  // Keys are also put together from a beginning and a word, and stand in tables; what appears nowhere is left over.
  const beginnings = ["kind_", "count_", "cover_", "transform_", "role_", "status_", "fresh_", "by_", "view_", "change_"];
  const rest = whole.replace(files.get("15-messages.js"), "");
  for (const key of Object.keys(messages)) assert.ok(beginnings.some((start) => key.startsWith(start)) || new RegExp(`["']${key}["']|\\b${key}:`).test(rest), key + " is never said");
});
