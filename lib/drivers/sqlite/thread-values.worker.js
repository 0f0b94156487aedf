// @ts-check
/**
 * @typedef {import('@libsql/core/api').IntMode} IntMode
 * @typedef {{ values: unknown[], blobs: ArrayBuffer[] }} Chunk
 */

/** An integer that `intMode` cannot hold. */
export const outOfRange = new RangeError('integer out of range');
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** @param {Chunk} chunk @param {unknown} value @param {IntMode} intMode @returns {number} its bytes beyond a few */
export function addValue(chunk, value, intMode) {
  if (typeof value === 'bigint') {
    chunk.values.push(toIntMode(value, intMode));
    return 0;
  }
  if (value instanceof Uint8Array) {
    const blob = toArrayBuffer(value);
    chunk.values.push(blob);
    if (blob.byteLength > 0) chunk.blobs.push(blob);
    return blob.byteLength;
  }
  chunk.values.push(value);
  return typeof value === 'string' ? value.length : 0;
}

/** @param {bigint} value @param {IntMode} intMode */
function toIntMode(value, intMode) {
  if (intMode === 'bigint') return value;
  if (intMode === 'string') return String(value);
  if (value > maxSafe || value < -maxSafe) throw outOfRange;
  return Number(value);
}

/** @param {Uint8Array} bytes @returns {ArrayBuffer} */
function toArrayBuffer(bytes) {
  const { buffer, byteOffset, byteLength } = bytes;
  return /** @type {ArrayBuffer} */ (
    byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
  );
}
