import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/**
 * Puts each text between the two markers of its name on the page.
 * @param rows of tables in Markdown that take the place of those with the same first cell
 * @throws Error for a name without markers
 */
export async function writePage(
  path: string,
  texts: ReadonlyMap<string, string>,
  rows: readonly string[] = [],
): Promise<void> {
  let page = await readFile(path, 'utf8');
  for (const [name, text] of texts) {
    const [start, end] = [`<!-- bench:${name}:start -->`, `<!-- bench:${name}:end -->`];
    const from = page.indexOf(start);
    const to = page.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${path} has no place for ${name}: ${start} … ${end}`);
    page = `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
  }
  page = page
    .split('\n')
    .map((line) => rows.find((row) => firstCell(row) === firstCell(line)) ?? line)
    .join('\n');
  await writeFile(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
}

function firstCell(row: string): string | undefined {
  return /^\|([^|]+)\|/.exec(row)?.[1]?.trim();
}
