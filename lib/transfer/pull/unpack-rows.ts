import { isUtf8 } from 'node:buffer';
import { RawText, type Cell } from '../source/cell.js';
import { realScales } from '../real-scales.js';

const comma = 0x2c;
const colon = 0x3a;
const firstDigit = 0x30;
const minus = 0x2d;

/** Digits that a number holds exactly. */
const shortInteger = 15;

/** The rows of a pack that `toPacked` has asked for. */
export function unpackRows(pack: Buffer, columns: number): Cell[][] {
  const rows: Cell[][] = [];
  let at = 0;

  const readDigits = (end: number): number => {
    let value = 0;
    for (; pack[at] !== end; at++) value = value * 10 + (pack[at] as number) - firstDigit;
    at++;
    return value;
  };

  const readInteger = (): bigint => {
    const end = pack.indexOf(comma, at);
    if (end - at > shortInteger) {
      const digits = pack.toString('latin1', at, end);
      at = end + 1;
      return BigInt(digits);
    }
    if (pack[at] !== minus) return BigInt(readDigits(comma));
    at++;
    return -BigInt(readDigits(comma));
  };

  const readFloat = (): number => {
    const scale = realScales[(pack[at] as number) - 0x61] as number;
    const end = pack.indexOf(comma, at);
    const scaled = Number(pack.toString('latin1', at + 1, end));
    at = end + 1;
    return scaled / 2 ** scale;
  };

  const readBytes = (): Buffer => {
    const length = readDigits(colon);
    at += length;
    return pack.subarray(at - length, at);
  };

  const readText = (): string | RawText => {
    const bytes = readBytes();
    return isUtf8(bytes) ? bytes.toString() : new RawText(bytes);
  };

  const readCell = (): Cell => {
    switch (pack[at++]) {
      case 0x49:
        return readInteger();
      case 0x54:
        return readText();
      case 0x46:
        return readFloat();
      case 0x42:
        return readBytes();
      default:
        return null;
    }
  };

  while (at < pack.length) {
    const row = new Array<Cell>(columns);
    for (let index = 0; index < columns; index++) row[index] = readCell();
    rows.push(row);
  }
  return rows;
}
