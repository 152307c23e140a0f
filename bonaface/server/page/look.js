// What a picture looks like, in 256 bits: bonaface/marks/receipts/look.py. For browsers that show no coded frames.

const SIDE = 32; // pixels of the grey picture
const BLOCK = 16; // frequencies each way, without the lowest
export const ALIKE = 40; // bits by which coding, scaling and a turn of the head change it, at most
const FINE = 4; // times as large when drawn: browsers do not average over what they shrink much

const WAVES = Array.from({length: BLOCK}, (_, u) => Float64Array.from(
  {length: SIDE}, (__, x) => Math.cos((Math.PI / SIDE) * (u + 1) * (x + 0.5)),
));

/** Hash a picture as it is shown. @param {HTMLVideoElement} video @param {OffscreenCanvas | HTMLCanvasElement} canvas */
export function lookAt(video, canvas) {
  const wide = SIDE * FINE;
  Object.assign(canvas, {width: wide, height: wide});
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.imageSmoothingQuality = "high";
  pen.drawImage(video, 0, 0, wide, wide);
  return hashGrey(shrink(pen.getImageData(0, 0, wide, wide).data, wide));
}

/** Mean grey of each FINE x FINE pixels. */
function shrink(rgba, wide) {
  const grey = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < wide * wide; i += 1) {
    const [x, y] = [i % wide, Math.floor(i / wide)];
    const light = 0.299 * rgba[4 * i] + 0.587 * rgba[4 * i + 1] + 0.114 * rgba[4 * i + 2];
    grey[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] += light / FINE ** 2;
  }
  return grey;
}

/** @param {Float64Array} grey SIDE x SIDE, by rows @returns {string} 64 hex digits */
export function hashGrey(grey) {
  let bits = 0n;
  for (const down of WAVES) {
    const row = new Float64Array(SIDE);
    for (let i = 0; i < grey.length; i += 1) row[i % SIDE] += down[Math.floor(i / SIDE)] * grey[i];
    for (const across of WAVES) bits = bits * 2n + (row.reduce((sum, v, x) => sum + v * across[x], 0) > 0 ? 1n : 0n);
  }
  return bits.toString(16).padStart((BLOCK * BLOCK) / 4, "0");
}

/** Bits by which two looks differ. */
export function distance(one, other) {
  let apart = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  let count = 0;
  for (; apart; apart >>= 1n) count += Number(apart & 1n);
  return count;
}
