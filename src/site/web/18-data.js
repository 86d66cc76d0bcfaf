// Loading: every piece of data is a script that calls buhin.data(key, value), for file:// allows no fetch.

const arrived = new Map();
const awaited = new Map();
const recentParts = [];
// Part records kept in memory; older ones are read again from disk.
const PARTS_KEPT = 300;

/** A piece of data that isn't where it should be. */
class Missing extends Error {}

window.buhin = {
  data(key, value) {
    arrived.set(key, value);
    const waiting = awaited.get(key);
    if (waiting) waiting.resolve(value);
  },
};

/** The data of that key, at once if it is here. */
function have(key) {
  return arrived.get(key);
}

/** A promise of the data of that key. */
function load(key) {
  if (arrived.has(key)) return Promise.resolve(arrived.get(key));
  const waiting = awaited.get(key);
  if (waiting) return waiting.promise;
  const entry = {};
  entry.promise = new Promise((resolve, reject) => {
    entry.resolve = resolve;
    const script = document.createElement("script");
    script.src = "data/" + key + ".js";
    const done = () => { script.remove(); awaited.delete(key); };
    script.onload = () => { done(); if (!arrived.has(key)) reject(new Missing(key)); };
    script.onerror = () => { done(); reject(new Missing(key)); };
    document.head.append(script);
  });
  awaited.set(key, entry);
  return entry.promise;
}

/** The record of one part; keeps a bounded number of them. */
function loadPart(n) {
  const key = "part/" + n;
  const at = recentParts.indexOf(key);
  if (at >= 0) recentParts.splice(at, 1);
  recentParts.push(key);
  if (recentParts.length > PARTS_KEPT) arrived.delete(recentParts.shift());
  return load(key).then(complete);
}

// Empty lists are left out of the files; here they are put back.
function complete(part) {
  for (const key of ["tags", "parents", "children", "exposures", "tests", "columns", "shape", "shape_to", "gaps", "files"]) part[key] = part[key] || [];
  for (const column of part.columns) for (const key of ["from", "to", "tests", "tags", "unknown"]) column[key] = column[key] || [];
  return part;
}

/** A pause that lets the browser paint and answer. */
function breathe() {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { channel.port1.close(); resolve(); };
    channel.port2.postMessage(0);
  });
}
