import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answerScenarios } from './table/answers.scenarios.js';
import { callKinds } from './table/call-kinds.js';
import { connectingScenarios } from './table/connecting.scenarios.js';
import { crowdScenarios, isLong } from './table/crowd.scenarios.js';
import { localKinds } from './table/local-calls.js';
import { localScenarios, notShown, runLocal, type LocalResult } from './table/local-files.js';
import { processScenarios } from './table/process.scenarios.js';
import { readTable, squeezeTable, writeTables, type MarkedTable } from './table/render-table.js';
import { runLanes } from './table/run-lanes.js';
import type { CellResult } from './table/scenario.js';
import { sizeScenarios } from './table/size.scenarios.js';
import { tokenScenarios } from './table/token.scenarios.js';

const page = join(import.meta.dirname, '../../docs/faults.md');
const prettier = join(import.meta.dirname, '../../node_modules/prettier/bin/prettier.cjs');
const longestRunMs = isLong ? 300_000 : 180_000;

const calmScenarios = [
  ...connectingScenarios,
  ...answerScenarios,
  ...processScenarios,
  ...tokenScenarios,
  ...sizeScenarios,
];
const scenarios = [...calmScenarios, ...crowdScenarios];

/** Of each scenario its cells, in the order of the columns. */
let cells: CellResult[][];
let files: LocalResult[];
let tables: MarkedTable[];

beforeAll(async () => {
  const [remote, local] = await Promise.all([runRemotes(), runLocals()]);
  cells = remote;
  files = local;
  tables = [
    {
      mark: 'remote',
      head: ['Fault', ...callKinds.map(({ name }) => name), 'Within', 'Next call'],
      rows: scenarios.map(({ fault, withinMs }, row) => [
        fault,
        ...textsOf(row),
        `${withinMs / 1_000} s`,
        [...new Set(cells[row]?.map(({ next }) => next))].join('; '),
      ]),
    },
    {
      mark: 'local',
      head: ['Fault', ...localKinds, 'Rows kept', 'Within', 'Next call, once it is mended'],
      rows: files.map(({ row }) => row),
    },
  ];
}, longestRunMs);

const textsOf = (row: number): string[] => cells[row]?.map(({ text }) => text) ?? [];

/** The crowds come behind the others, whose calls they would hold up in this process. */
async function runRemotes(): Promise<CellResult[][]> {
  return [...(await runLanes(calmScenarios)), ...(await runLanes(crowdScenarios))];
}

async function runLocals(): Promise<LocalResult[]> {
  const results: LocalResult[] = [];
  for (const scenario of localScenarios) results.push(await runLocal(scenario));
  return results;
}

describe('every call is told the truth in time, and the next one succeeds', () => {
  it.each(scenarios.map(({ fault }, row) => [fault, row] as const))('%s', (_fault, row) => {
    expect(cells[row]?.map(({ problems }) => problems)).toEqual(callKinds.map(() => []));
  });

  it.each(localScenarios.map(({ fault }, row) => [fault, row] as const))('%s', (_fault, row) => {
    expect(files[row]?.problems).toEqual([]);
  });
});

describe('docs/faults.md', () => {
  // UPDATE_DOCS=1 writes the page instead
  beforeAll(async () => {
    if (process.env.UPDATE_DOCS !== '1') return;
    if (notShown.length > 0) throw new Error(`this machine cannot show: ${notShown.join()}`);
    await writeFile(page, writeTables(await readFile(page, 'utf8'), tables));
    await promisify(execFile)(process.execPath, [prettier, '--write', page]);
  });

  const but = notShown.length === 0 ? '' : `, but for what this machine cannot show: ${notShown.join()}`;

  it.each(['remote', 'local'])(`has the %s table of this run${but}`, async (name) => {
    const text = await readFile(page, 'utf8');
    const table = tables.find(({ mark }) => mark === name) as MarkedTable;

    expect(readTable(text, table, notShown)).toBe(squeezeTable(table));
  });
});
