import { toPrintable } from './to-printable.js';

const number = /^\d+(\.\d s)?$/;

/** Lines up columns; numbers and times to the right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const texts = [head, ...rows].map((row) => row.map((cell) => toPrintable(String(cell))));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return texts
    .map((row, line) =>
      row
        .map((text, column) => {
          const isNumber = number.test(texts[Math.max(1, line)]?.[column] ?? '');
          return isNumber ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
