import { round } from './columns.js';
import type { Line } from './run-table.js';
import type { Table } from './table.js';

/** The lines of a table as Markdown, padded to be read in a terminal too. */
export function formatLines({ groups, columns, comparison }: Table, lines: readonly Line[]): string {
  const named = lines.some(({ group }) => group !== '');
  const head = [
    ...(named ? [groups] : []),
    '',
    ...columns.map(({ title }) => title),
    ...(comparison === undefined ? [] : [comparison.title]),
  ];
  const rows = lines.map((line, index) => [
    ...(named ? [line.group === lines[index - 1]?.group ? '' : line.group] : []),
    line.reason === undefined ? line.name : `${line.name} (${line.reason})`,
    ...columns.map(({ key, format }) =>
      line.figures === undefined ? '–' : format(line.figures[key] ?? NaN),
    ),
    ...(comparison === undefined ? [] : [formatRatio(line, comparison.reference)]),
  ]);
  return padCells(head, rows, named ? [0, 1] : [0]);
}

/** A table in Markdown; the columns at `left` hold words, the others numbers. */
export function padCells(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly number[],
): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (left.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    left.includes(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [pad(head), pad(rule), ...rows.map(pad)].join('\n');
}

function formatRatio({ name, ratio }: Line, reference: string): string {
  if (ratio === undefined) return '';
  if (name === reference) return '1';
  return `${round(ratio.median)} (${round(ratio.least)}–${round(ratio.most)})`;
}
