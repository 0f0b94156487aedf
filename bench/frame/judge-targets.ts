import type { Target } from '../targets.js';
import { padCells } from './format-lines.js';
import type { Line } from './run-table.js';

/** What became of a target. */
export interface Verdict {
  readonly target: Target;
  /** Undefined when its table has no such line. */
  readonly measured: number | undefined;
  /** How much of the target was reached; 1 and more is all of it. */
  readonly reached: number;
}

/** Looks up those targets whose table was measured. */
export function judgeTargets(
  targets: readonly Target[],
  lines: ReadonlyMap<string, readonly Line[]>,
): Verdict[] {
  return targets.flatMap((target) => {
    const found = lines.get(target.table);
    if (found === undefined) return [];
    const measured = target.measure(found);
    return [{ target, measured, reached: measured === undefined ? 0 : reach(target, measured) }];
  });
}

function reach({ limit, bound }: Target, measured: number): number {
  if (limit === 'at least') return measured / bound;
  return measured <= bound ? 1 : bound / measured;
}

/** The verdicts as a table in Markdown. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, measured, reached }) => [
    target.title,
    `${target.limit} ${target.format(target.bound)}`,
    measured === undefined ? '–' : target.format(measured),
    measured === undefined
      ? 'not measured'
      : reached >= 1
        ? 'met'
        : `missed (${Math.floor(reached * 100)} %)`,
    `\`${target.table}\``,
  ]);
  return padCells(['target', '', 'measured', '', 'table'], rows, [0, 3, 4]);
}
