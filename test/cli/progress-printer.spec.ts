import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProgressPrinter } from '../../lib/cli/progress-printer.js';
import type { Progress } from '../../lib/transfer/index.js';

it('a terminal has a line for the table, and one for the whole with its rate and the time left', async () => {
  const { printer, lines } = createPrinter(true);
  printer.print(at('plan', 'a', 0, 100));
  printer.print(at('plan', 'b', 0, 300));
  printer.print(at('rows', 'a', 0, 100));
  await sleep(120);
  printer.print(at('rows', 'a', 100, 100));
  await sleep(120);
  printer.print(at('rows', 'b', 100, 300));

  expect(show(lines)).toEqual([
    expect.stringMatching(/^rows a 100 of 100, 0\.\d s$/),
    'rows b 100 of 300',
    expect.stringMatching(/^in all 200 of 400, \d+\/s, \d+ s left$/),
  ]);
});

it('a terminal keeps a line for each table that is done, and nothing else', async () => {
  const { printer, lines } = createPrinter(true);
  for (const table of ['a', 'b', 'c']) printer.print(at('plan', table, 0, 2));
  for (const table of ['a', 'b', 'c']) {
    printer.print(at('rows', table, 1, 2));
    await sleep(table === 'b' ? 120 : 0);
    printer.print(at('rows', table, 2, 2));
  }
  printer.print(at('verify', 'a', 2, 2));
  printer.clear();

  const shown = show(lines);
  expect(shown).toEqual(
    ['a', 'b', 'c'].map((table) => expect.stringMatching(`^rows ${table} 2 of 2, 0.\\d s$`)),
  );
});

it('a resume, which has no plan, shows each table alone', async () => {
  const { printer, lines } = createPrinter(true);
  printer.print(at('rows', 'a', 50, 100));
  await sleep(120);
  printer.print(at('rows', 'a', 90, 100));

  expect(lines.at(-1)).toMatch(/rows a 90 of 100, \d+\/s, 1 s left$/);
});

it('a pull, which knows no numbers before, tells how many rows came', async () => {
  const { printer, lines } = createPrinter(true);
  printer.print(at('rows', 'a', 1000, 0));
  await sleep(120);
  printer.print(at('rows', 'a', 5000, 0));

  expect(lines.at(-1)).toMatch(/rows a 5000 rows, \d+\/s$/);
});

it('a pipe has plain lines, and few', () => {
  const { printer, lines } = createPrinter(false);
  for (let rows = 0; rows < 50; rows++) printer.print(at('rows', 'a', rows, 100));
  for (let rows = 0; rows < 50; rows++) printer.print(at('rows', 'b', rows, 100));
  printer.clear();

  expect(lines).toEqual(['rows a 0 of 100\n']);
});

it('a name does not move the cursor', () => {
  const { printer, lines } = createPrinter(false);
  printer.print(at('rows', '\x1b[2J\nb', 0, 100));

  expect(lines).toEqual(['rows \uFFFD[2J\uFFFDb 0 of 100\n']);
});

function at(stage: Progress['stage'], object: string, rows: number, totalRows: number): Progress {
  return { stage, object, rows, totalRows };
}

it('a terminal without a width gets whole lines', () => {
  const { printer, lines } = createPrinter(true, 0);
  printer.print(at('rows', 'a', 5, 100));

  expect(show(lines)).toEqual(['rows a 5 of 100']);
});

function createPrinter(isTTY: boolean, columns = 200): { printer: ProgressPrinter; lines: string[] } {
  const lines: string[] = [];
  const write = (line: unknown): boolean => lines.push(String(line)) > 0;
  return { printer: new ProgressPrinter({ isTTY, columns, write }), lines };
}

/** What a terminal shows in the end. It knows what the printer uses: up, to the beginning, clear to the end. */
function show(writes: readonly string[]): string[] {
  const screen = [''];
  let line = 0;
  const text = writes.join('').replaceAll('\x1b[', '\u2192');
  for (const part of text.split(/(\u2192\d+A|\r\u2192J|\n)/)) {
    if (/^\u2192\d+A$/.test(part)) line -= Number.parseInt(part.slice(1), 10);
    else if (part === '\r\u2192J') screen.splice(line, Infinity, '');
    else if (part === '\n') screen.splice(++line, Infinity, '');
    else screen[line] += part;
  }
  return screen.filter((shown) => shown !== '');
}
