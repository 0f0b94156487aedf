/** A table of a page, between two marks. */
export interface MarkedTable {
  readonly mark: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The page with fresh tables between their marks. */
export function writeTables(page: string, tables: readonly MarkedTable[]): string {
  return tables.reduce((text, table) => replaceBetween(text, table.mark, formatTable(table)), page);
}

/** What stands between the marks of a table, without the padding that makes it readable and without the rows left out by name. */
export function readTable(
  page: string,
  { mark }: MarkedTable,
  leftOut: readonly string[],
): string | undefined {
  const text = page.split(startOf(mark))[1]?.split(endOf(mark))[0];
  if (text === undefined) return undefined;
  const lines = squeeze(text).split('\n');
  return lines.filter((line) => !leftOut.some((name) => line.startsWith(`| ${name} |`))).join('\n');
}

/** A table as `readTable` gives it back. */
export function squeezeTable(table: MarkedTable): string {
  return squeeze(formatTable(table));
}

function formatTable({ head, rows }: MarkedTable): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function squeeze(table: string): string {
  return table.trim().replace(/ +/g, ' ').replace(/-{3,}/g, '---');
}

function replaceBetween(page: string, mark: string, text: string): string {
  const [before = '', rest = ''] = page.split(startOf(mark));
  return `${before}${startOf(mark)}\n\n${text}\n\n${endOf(mark)}${rest.split(endOf(mark))[1] ?? ''}`;
}

function startOf(mark: string): string {
  return `<!-- ${mark}:start -->`;
}

function endOf(mark: string): string {
  return `<!-- ${mark}:end -->`;
}
