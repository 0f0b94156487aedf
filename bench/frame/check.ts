import { deepStrictEqual } from 'node:assert/strict';
import type { Round } from './run-table.js';
import type { Contender, Table } from './table.js';

/** Asks every contender once. @throws AssertionError when those of one group do not answer the same */
export async function checkAnswers(contenders: readonly Contender[]): Promise<void> {
  const first = new Map<string, { name: string; answer: unknown }>();
  for (const contender of contenders) {
    const { group, name } = contender;
    const answer = await during(contender, contender.answer());
    const known = first.get(group);
    if (known === undefined) first.set(group, { name, answer });
    else deepStrictEqual(answer, known.answer, `${name} does not answer as ${known.name} (${group})`);
  }
}

/** @throws Error for a figure that is missing or no number */
export function checkFigures(
  { columns }: Table,
  contenders: readonly Contender[],
  rounds: readonly Round[],
): void {
  for (const contender of contenders) {
    for (const { key, title } of columns) {
      const sound = rounds.every((figures) => Number.isFinite(figures.get(contender)?.[key]));
      if (!sound) throw new Error(`${contender.name} (${contender.group}) has no figure for "${title}"`);
    }
  }
}

/** An error names the contender that it happened to. */
export async function during<T>({ name, group }: Contender, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`${name} (${group}) failed: ${String(cause)}`, { cause });
  }
}
