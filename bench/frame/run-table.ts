import { Room } from './room.js';
import { checkAnswers, checkFigures, during } from './check.js';
import type { Scale } from './scale.js';
import type { Absence, Contender, Figures, Table } from './table.js';

/** What a contender came to over all rounds. */
export interface Line {
  readonly group: string;
  readonly name: string;
  /** The median of the rounds, by the key of the column; undefined for one that is absent. */
  readonly figures: Figures | undefined;
  /** Its figure divided by the reference's of the same round; undefined where its group has none. */
  readonly ratio: Spread | undefined;
  /** Why it is absent. */
  readonly reason: string | undefined;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The figures of one round. */
export type Round = ReadonlyMap<Contender, Figures>;

/**
 * Sets the table up, lets the contenders take turns, and takes it down.
 * @throws AssertionError when contenders of one group do not answer the same
 */
export async function runTable(table: Table, scale: Scale): Promise<Line[]> {
  await using room = new Room();
  const found = await table.open(room, scale);
  const contenders = found.filter((one): one is Contender => 'measure' in one);
  await checkAnswers(contenders);
  const rounds: Round[] = [];
  for (let count = scale.count(table.rounds ?? scale.rounds, 1); count > 0; count--) {
    const figures = new Map<Contender, Figures>();
    for (const contender of contenders) {
      globalThis.gc?.();
      figures.set(contender, await during(contender, contender.measure()));
    }
    rounds.push(figures);
  }
  checkFigures(table, contenders, rounds);
  return found.map((one) =>
    'measure' in one ? summarize(table, contenders, one, rounds) : toAbsentLine(one),
  );
}

function toAbsentLine({ group, name, reason }: Absence): Line {
  return { group, name, figures: undefined, ratio: undefined, reason };
}

function summarize(
  { columns, comparison }: Table,
  contenders: readonly Contender[],
  contender: Contender,
  rounds: readonly Round[],
): Line {
  const { group, name } = contender;
  const values = (of: Contender, key: string): number[] =>
    rounds.map((figures) => figures.get(of)?.[key] ?? NaN);
  const figures = Object.fromEntries(columns.map(({ key }) => [key, spread(values(contender, key)).median]));
  const line = { group, name, figures, reason: undefined };
  const reference = contenders.find((other) => other.group === group && other.name === comparison?.reference);
  if (reference === undefined || comparison === undefined) return { ...line, ratio: undefined };
  const base = values(reference, comparison.column);
  const ratios = values(contender, comparison.column).map((value, round) => value / (base[round] ?? NaN));
  return { ...line, ratio: spread(ratios) };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}
