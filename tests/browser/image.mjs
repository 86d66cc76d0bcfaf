// Comparing screenshots: shapes and colours have to be right, the last detail of a font's edges does not.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";

const HERE = dirname(fileURLToPath(import.meta.url));
// Approved pictures are kept at half the size, and compared in blocks of so many pixels a side.
const BLOCK = 4;
// A block is different from this mean difference of its colours on (of 255); so many blocks in a hundred may be.
const DIFFERENT = 22;
const ALLOWED = 2.5;

/** Compares with tests/browser/approved/NAME.png; gives null or what differs. With BUHIN_APPROVE=1 the picture is approved instead. */
export function compare(name, bytes) {
  const approved = join(HERE, "approved", name + ".png");
  if (process.env.BUHIN_APPROVE === "1") {
    mkdirSync(dirname(approved), { recursive: true });
    writeFileSync(approved, PNG.sync.write(half(PNG.sync.read(bytes)), { colorType: 2, deflateLevel: 9, filterType: 4 }));
    return null;
  }
  const left = (why) => {
    const actual = join(HERE, "actual", name + ".png");
    mkdirSync(dirname(actual), { recursive: true });
    writeFileSync(actual, bytes);
    return `${name}: ${why}; see ${actual}`;
  };
  if (!existsSync(approved)) return left("nothing approved yet (BUHIN_APPROVE=1 approves)");
  const a = PNG.sync.read(readFileSync(approved)), b = half(PNG.sync.read(bytes));
  if (a.width !== b.width || a.height !== b.height) return left(`${b.width}×${b.height} instead of ${a.width}×${a.height}`);
  const first = blocks(a), second = blocks(b);
  let different = 0;
  for (let i = 0; i < first.length; i += 3) {
    if (Math.abs(first[i] - second[i]) + Math.abs(first[i + 1] - second[i + 1]) + Math.abs(first[i + 2] - second[i + 2]) > DIFFERENT * 3) different++;
  }
  const share = (different * 300) / first.length;
  return share > ALLOWED ? left(`${share.toFixed(1)} % of the picture is different`) : null;
}

function half(image) {
  const small = new PNG({ width: image.width >> 1, height: image.height >> 1 });
  for (let y = 0; y < small.height; y++) for (let x = 0; x < small.width; x++) for (let k = 0; k < 4; k++) {
    const from = (y * 2 * image.width + x * 2) * 4 + k;
    small.data[(y * small.width + x) * 4 + k] = (image.data[from] + image.data[from + 4] + image.data[from + image.width * 4] + image.data[from + image.width * 4 + 4]) / 4;
  }
  return small;
}

function blocks(image) {
  const across = Math.ceil(image.width / BLOCK), sums = new Float64Array(across * Math.ceil(image.height / BLOCK) * 3);
  for (let y = 0; y < image.height; y++) for (let x = 0; x < image.width; x++) {
    const from = (y * image.width + x) * 4, to = (Math.floor(y / BLOCK) * across + Math.floor(x / BLOCK)) * 3;
    for (let k = 0; k < 3; k++) sums[to + k] += image.data[from + k] / (BLOCK * BLOCK);
  }
  return sums;
}
