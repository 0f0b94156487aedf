import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** Puts each text between the two markers of its name on the page. @throws Error for a name without markers */
export async function writePage(path: string, texts: ReadonlyMap<string, string>): Promise<void> {
  let page = await readFile(path, 'utf8');
  for (const [name, text] of texts) {
    const [start, end] = [`<!-- bench:${name}:start -->`, `<!-- bench:${name}:end -->`];
    const from = page.indexOf(start);
    const to = page.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${path} has no place for ${name}: ${start} … ${end}`);
    page = `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
  }
  await writeFile(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
}
