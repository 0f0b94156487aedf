// npm run bench [-- <table>… --smoke --json --write <page>]
import { parseArgs } from 'node:util';
import { describeMachine } from './frame/describe-machine.js';
import { formatLines } from './frame/format-lines.js';
import { formatVerdicts, judgeTargets } from './frame/judge-targets.js';
import { runTable, type Line } from './frame/run-table.js';
import { fullScale, smokeScale } from './frame/scale.js';
import { writePage } from './frame/write-page.js';
import { tables } from './tables.js';
import { targets } from './targets.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Every table once and short: checks that it works. */
    smoke: { type: 'boolean', default: false },
    /** Prints one object of JSON at the end, and no tables. */
    json: { type: 'boolean', default: false },
    /** Replaces the tables of a page, between their markers. */
    write: { type: 'string' },
  },
});
const unknown = positionals.filter((id) => !tables.some((table) => table.id === id));
if (unknown.length > 0) {
  throw new Error(`There is no table ${unknown.join(', ')}, only ${tables.map(({ id }) => id).join(', ')}`);
}
const chosen = tables.filter(({ id }) => positionals.length === 0 || positionals.includes(id));

const print = (text: string): void => void (values.json || console.log(text));
const args = [...positionals, ...(values.smoke ? ['--smoke'] : [])];
const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
const machine = describeMachine();
print([`$ ${command}`, ...machine].join('\n'));

// servers and native promises do not keep a process alive
const alive = setInterval(() => undefined, 60_000);
const texts = new Map<string, string>();
const results: { id: string; title: string; lines: Line[] }[] = [];
for (const { id, title, load } of chosen) {
  const start = performance.now();
  const { table } = await load();
  const head = (): string => `${title} (${id}, ${Math.round((performance.now() - start) / 1000)} s)`;
  try {
    const lines = await runTable(table, values.smoke ? smokeScale : fullScale);
    const text = formatLines(table, lines);
    texts.set(id, text);
    results.push({ id, title, lines });
    print(values.smoke ? `${head()}: ${lines.length} lines, same answers` : `\n${head()}\n${text}`);
  } catch (error) {
    // the others took their time as well
    process.exitCode = 1;
    console.error(head(), error);
  }
}
clearInterval(alive);
const verdicts = judgeTargets(targets, new Map(results.map(({ id, lines }) => [id, lines])));
const missing = verdicts.filter(({ measured }) => measured === undefined);
if (values.smoke) {
  const without = missing.map(({ target }) => `, none for "${target.title}" in ${target.table}`).join('');
  print(`Targets: ${verdicts.length - missing.length} of ${verdicts.length} have a line${without}`);
}
if (!values.smoke && verdicts.length > 0) print(`\nTargets\n${formatVerdicts(verdicts)}`);
if (values.json)
  console.log(JSON.stringify({ command, machine, tables: results, targets: verdicts }, undefined, 2));
if (values.write !== undefined) {
  if (results.length === tables.length) {
    texts.set('machine', ['```text', `$ ${command}`, ...machine, '```'].join('\n'));
    texts.set('targets', formatVerdicts(verdicts));
  }
  // those that were measured again; the others are of the last whole run
  const rows = formatVerdicts(verdicts).split('\n').slice(2);
  await writePage(values.write, texts, rows);
}
