import { deepStrictEqual } from 'node:assert/strict';
import { Room } from './room.js';
import type { Scale } from './scale.js';
import type { Contender, Figures, Table } from './table.js';

/** What a contender came to over all rounds. */
export interface Line {
  readonly group: string;
  readonly name: string;
  /** The median of the rounds, by the key of the column. */
  readonly figures: Figures;
  /** Its figure divided by the reference's of the same round; undefined where its group has none. */
  readonly ratio: Spread | undefined;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Sets the table up, lets the contenders take turns, and takes it down.
 * @throws AssertionError when contenders of one group do not answer the same
 */
export async function runTable(table: Table, scale: Scale): Promise<Line[]> {
  await using room = new Room();
  const contenders = await table.open(room, scale);
  await checkAnswers(contenders);
  const rounds: Map<Contender, Figures>[] = [];
  for (let round = 0; round < scale.rounds; round++) {
    const figures = new Map<Contender, Figures>();
    for (const contender of contenders) figures.set(contender, await during(contender, contender.measure()));
    rounds.push(figures);
  }
  checkFigures(table, contenders, rounds);
  return contenders.map((contender) => summarizeRounds(table, contenders, contender, rounds));
}

async function checkAnswers(contenders: readonly Contender[]): Promise<void> {
  const first = new Map<string, { name: string; answer: unknown }>();
  for (const { group, name, answer: ask } of contenders) {
    const answer = await during({ group, name }, ask());
    const known = first.get(group);
    if (known === undefined) first.set(group, { name, answer });
    else deepStrictEqual(answer, known.answer, `${name} does not answer as ${known.name} (${group})`);
  }
}

/** An error names the contender that it happened to. */
async function during<T>({ name, group }: Pick<Contender, 'name' | 'group'>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`${name} (${group}) failed: ${String(cause)}`, { cause });
  }
}

function checkFigures(
  { columns }: Table,
  contenders: readonly Contender[],
  rounds: readonly Map<Contender, Figures>[],
): void {
  for (const contender of contenders) {
    for (const { key, title } of columns) {
      const sound = rounds.every((figures) => Number.isFinite(figures.get(contender)?.[key]));
      if (!sound) throw new Error(`${contender.name} (${contender.group}) has no figure for "${title}"`);
    }
  }
}

function summarizeRounds(
  { columns, comparison }: Table,
  contenders: readonly Contender[],
  contender: Contender,
  rounds: readonly Map<Contender, Figures>[],
): Line {
  const { group, name } = contender;
  const values = (of: Contender, key: string): number[] =>
    rounds.map((figures) => figures.get(of)?.[key] ?? NaN);
  const reference = contenders.find((other) => other.group === group && other.name === comparison.reference);
  const figures = Object.fromEntries(columns.map(({ key }) => [key, spread(values(contender, key)).median]));
  if (reference === undefined) return { group, name, figures, ratio: undefined };
  const base = values(reference, comparison.column);
  const ratios = values(contender, comparison.column).map((value, round) => value / (base[round] ?? NaN));
  return { group, name, figures, ratio: spread(ratios) };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}
