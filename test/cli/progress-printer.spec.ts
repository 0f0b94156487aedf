import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProgressPrinter } from '../../lib/cli/progress-printer.js';
import type { Progress } from '../../lib/transfer/index.js';

it('a terminal has one line with the table, the whole, its rate and the time left', async () => {
  const { printer, lines } = createPrinter(true);
  printer.print(at('plan', 'a', 0, 100));
  printer.print(at('plan', 'b', 0, 300));
  printer.print(at('rows', 'a', 0, 100));
  await sleep(120);
  printer.print(at('rows', 'a', 100, 100));
  await sleep(120);
  printer.print(at('rows', 'b', 100, 300));

  expect(lines.at(-1)).toMatch(/rows b 100 of 300, in all 200 of 400, \d+\/s, \d+ s left$/);
});

it('a resume, which has no plan, shows each table alone', async () => {
  const { printer, lines } = createPrinter(true);
  printer.print(at('rows', 'a', 50, 100));
  await sleep(120);
  printer.print(at('rows', 'a', 90, 100));

  expect(lines.at(-1)).toMatch(/rows a 90 of 100, \d+\/s, 1 s left$/);
});

it('a pipe has plain lines, and few', () => {
  const { printer, lines } = createPrinter(false);
  for (let rows = 0; rows < 50; rows++) printer.print(at('rows', 'a', rows, 100));
  printer.clear();

  expect(lines).toEqual(['rows a 0 of 100\n']);
});

function at(stage: Progress['stage'], object: string, rows: number, totalRows: number): Progress {
  return { stage, object, rows, totalRows };
}

function createPrinter(isTTY: boolean): { printer: ProgressPrinter; lines: string[] } {
  const lines: string[] = [];
  const write = (line: unknown): boolean => lines.push(String(line)) > 0;
  return { printer: new ProgressPrinter({ isTTY, columns: 200, write }), lines };
}
