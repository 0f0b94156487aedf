import { isUtf8 } from 'node:buffer';
import { RawText, type Cell } from '../source/cell.js';
import { realScales } from '../real-scales.js';
import { createTransferError } from '../transfer-errors.js';

const comma = 0x2c;
const colon = 0x3a;
const firstDigit = 0x30;
const minus = 0x2d;

/** Digits that a number holds exactly. */
const shortInteger = 15;

/** The rows of a pack that `toPacked` has asked for. @throws DatabaseError for anything else */
export function unpackRows(pack: Buffer, columns: number): Cell[][] {
  const rows: Cell[][] = [];
  let at = 0;

  const readDigits = (end: number): number => {
    let value = 0;
    for (; pack[at] !== end; at++) {
      const digit = (pack[at] ?? 0) - firstDigit;
      if (digit < 0 || digit > 9) throw createPackError();
      value = value * 10 + digit;
    }
    at++;
    return value;
  };

  const findComma = (): number => {
    const end = pack.indexOf(comma, at);
    if (end < 0) throw createPackError();
    return end;
  };

  const readInteger = (): bigint => {
    const end = findComma();
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
    const end = findComma();
    const scaled = Number(pack.toString('latin1', at + 1, end));
    at = end + 1;
    return scaled / 2 ** scale;
  };

  const readBytes = (): Buffer => {
    const length = readDigits(colon);
    at += length;
    if (at > pack.length) throw createPackError();
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
      case 0x4e:
        return null;
      default:
        throw createPackError();
    }
  };

  while (at < pack.length) {
    const row = new Array<Cell>(columns);
    for (let index = 0; index < columns; index++) row[index] = readCell();
    rows.push(row);
  }
  return rows;
}

/** Nothing of it is taken, rather than something else. */
function createPackError(): Error {
  return createTransferError(
    'the server has put rows together in another way than SQLite',
    'TRANSFER_SNAPSHOT_LOST',
  );
}
