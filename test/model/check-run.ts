import { printUnit } from './print-schedule.js';
import { replayLostRun, replayUnit, unique, type Complaints } from './replay.js';
import { emptyState, type ModelRow, type ModelState } from './serial-model.js';
import type { StepTrace, UnitTrace } from './trace.js';

/** What is in the database at the end. */
export interface Contents {
  readonly rows: readonly ModelRow[];
  readonly log: readonly string[];
}

/**
 * Holds what the callers saw and what is in the database against one serial order: the log says in which order the units that
 * changed something took effect; every other unit fits at a moment between its call and its answer.
 * @throws Error that names the unit that does not fit
 */
export function checkRun(units: readonly UnitTrace[], contents: Contents): void {
  const order = orderByLog(units, contents.log);
  for (const unit of order) assertMayHaveWritten(unit);
  const versions = replayInOrder(order, contents);
  assertRealTime(order);
  for (const unit of units) {
    if (!order.includes(unit)) assertChangesNothing(unit, order, versions);
    assertLostRuns(unit, order, versions);
  }
}

/** The units that left something, in the order of their first entry. */
function orderByLog(units: readonly UnitTrace[], log: readonly string[]): UnitTrace[] {
  const deletes = new Map<string, UnitTrace>();
  for (const unit of units) {
    if (unit.settled?.ok && unit.work !== undefined)
      for (const entry of findDeletes(unit.work)) deletes.set(entry, unit);
  }
  const order = new Set<UnitTrace>();
  for (const entry of log) {
    const unit = entry.startsWith('-') ? deletes.get(entry) : units[Number(entry.split('.')[1])];
    if (unit !== undefined) order.add(unit);
    else if (!entry.startsWith('-')) throw new Error(`an entry of the log is nobody's: ${entry}`);
  }
  return [...order];
}

/** The log entries of deletes that were answered and kept. */
function findDeletes(step: StepTrace): string[] {
  if (step.type === 'group') return step.members.flatMap(findDeletes);
  if (step.type === 'scope') return step.settled?.ok === false ? [] : step.steps.flatMap(findDeletes);
  const { settled } = step;
  const statements = step.type === 'batch' ? step.statements : [step.statement];
  if (settled?.ok !== true) return [];
  return settled.value.split(';').flatMap((value, index) => {
    const statement = statements[index];
    const [rows] = JSON.parse(value) as [unknown[][]];
    return statement?.kind === 'delete' && rows[0] !== undefined
      ? [`-${String(rows[0][0])} ${statement.k}`]
      : [];
  });
}

function assertMayHaveWritten(trace: UnitTrace): void {
  const { settled } = trace;
  const endsByRollback = trace.unit.type === 'manual' && trace.unit.end !== 'commit';
  if (settled?.ok === true && !endsByRollback) return;
  if (settled?.ok === false && settled.outcome === 'unknown') return;
  const how = settled?.ok === false ? `failed (${settled.kind}, ${settled.outcome})` : 'was rolled back';
  throw fault(trace, `${how}, and yet left something`);
}

/** @returns the states of the model, one list for each number of units applied */
function replayInOrder(order: readonly UnitTrace[], { rows, log }: Contents): ModelState[][] {
  const versions: ModelState[][] = [[emptyState]];
  for (const [index, unit] of order.entries()) {
    const complaints: Complaints = [];
    const after = (versions[index] as ModelState[]).flatMap((state) => replayUnit(unit, state, complaints));
    const fitting = unique(after).filter((state) => state.log.every((entry, at) => entry === log[at]));
    if (fitting.length === 0) {
      const logs = after.map(
        (state) => `its changes ${state.log.slice(versions[index]?.[0]?.log.length).join(', ')}`,
      );
      throw fault(unit, `does not fit as number ${index + 1}`, [...complaints, ...logs]);
    }
    versions.push(fitting);
  }
  const end = (versions.at(-1) as ModelState[]).filter((state) => state.log.length === log.length);
  const same = end.some((state) => JSON.stringify(state.rows) === JSON.stringify(rows));
  if (same) return versions;
  const expected = JSON.stringify(versions.at(-1)?.[0]);
  throw new Error(`the contents are\n${JSON.stringify({ rows, log })}\nexpected\n${expected}`);
}

/** Who was answered before another one asked comes first. */
function assertRealTime(order: readonly UnitTrace[]): void {
  for (const [index, unit] of order.entries()) {
    const late = order
      .slice(index + 1)
      .find(({ settled, settledAt }) => settled?.ok && settledAt < unit.invokedAt);
    if (late !== undefined)
      throw fault(unit, `took effect before unit ${late.index}, which was done before it`);
  }
}

/** The versions that a unit may have seen: after those done before it was called, before those called after its answer. */
function versionsSeenBy(
  unit: UnitTrace,
  order: readonly UnitTrace[],
  versions: ModelState[][],
): ModelState[] {
  let from = 0;
  let to = order.length;
  for (const [index, other] of order.entries()) {
    if (other.settled?.ok && other.settledAt < unit.invokedAt) from = index + 1;
    if (other.invokedAt > unit.settledAt) to = Math.min(to, index);
  }
  return unique(versions.slice(from, to + 1).flat());
}

function assertChangesNothing(unit: UnitTrace, order: readonly UnitTrace[], versions: ModelState[][]): void {
  const complaints: Complaints = [];
  const fits = versionsSeenBy(unit, order, versions).some((before) =>
    replayUnit(unit, before, complaints).some((after) => after.log.length === before.log.length),
  );
  if (!fits) throw fault(unit, 'left nothing, and fits nowhere', complaints);
}

function assertLostRuns(unit: UnitTrace, order: readonly UnitTrace[], versions: ModelState[][]): void {
  for (const run of unit.earlier) {
    const complaints: Complaints = [];
    const fits = versionsSeenBy(unit, order, versions).some((before) =>
      replayLostRun(run, unit.mode, before, complaints),
    );
    if (!fits) throw fault(unit, 'saw in a lost run what never was', complaints);
  }
}

function fault(trace: UnitTrace, what: string, complaints: readonly string[] = []): Error {
  const settled =
    trace.settled?.ok === false ? `, settled with ${trace.settled.kind}: ${trace.settled.text}` : '';
  const reasons = [...new Set(complaints)].slice(-6).map((line) => `    ${line}`);
  const head = `unit ${trace.index} of caller ${trace.caller} ${what}${settled}`;
  return new Error([head, ...printUnit(trace.unit).map((line) => `  ${line}`), ...reasons].join('\n'));
}

/** True when two callers had a write transaction (or batch) on its way at the same time. */
export function overlaps(units: readonly UnitTrace[]): boolean {
  const writers = units.filter(({ unit, mode }) => unit.type !== 'single' && mode !== 'read');
  return writers.some((one) =>
    writers.some(
      (two) => one.caller < two.caller && one.invokedAt < two.settledAt && two.invokedAt < one.settledAt,
    ),
  );
}
