import { printStatement } from './print-schedule.js';
import type { Mode, ModelStatement } from './schedule.js';
import { applyStatement, type ModelState } from './serial-model.js';
import type {
  BatchTrace,
  GroupTrace,
  ScopeTrace,
  Settled,
  StatementTrace,
  StepTrace,
  UnitTrace,
} from './trace.js';

/** Collects why nothing fitted, the last reason last. */
export type Complaints = string[];

interface Around {
  readonly mode: Mode;
  readonly inTransaction: boolean;
  /** The scope around was ended while its calls were on their way: they may find it closed. */
  readonly interrupted: boolean;
  readonly complaints: Complaints;
}

/**
 * Replays a unit on the model, statement by statement in the order of the caller.
 * @returns every state that agrees with what the caller was answered; none when no serial database can have answered so
 */
export function replayUnit(trace: UnitTrace, before: ModelState, complaints: Complaints): ModelState[] {
  const { unit, work, settled, mode } = trace;
  if (settled === undefined || work === undefined) return [before];
  const around = { mode, inTransaction: work.type === 'scope', interrupted: false, complaints };
  if (work.type !== 'scope')
    return replayStep(work, before, around).map((state) => ({ ...state, lost: false }));
  const ends = replaySteps(work.steps, before, around);
  const kept = unit.type !== 'manual' || unit.end === 'commit';
  if (!kept) return ends.length === 0 ? [] : [before];
  if (settled.ok)
    return complain(
      ends.filter(({ lost }) => !lost),
      ends,
      around,
      'committed although it was lost',
    );
  if (unit.type === 'transaction' && settled.kind === 'busy')
    return complain([], ends, around, `was not run again: ${settled.text}`);
  if (!work.bodyDone) return ends.length === 0 ? [] : [before];
  const lost = ends.filter((state) => state.lost).map(() => before);
  return complain(lost, ends, around, `was not committed: ${settled.text}`);
}

/** An earlier run of a callback: whatever it saw, nothing of it is kept. */
export function replayLostRun(
  trace: ScopeTrace,
  mode: Mode,
  before: ModelState,
  complaints: Complaints,
): boolean {
  return (
    replaySteps(trace.steps, before, { mode, inTransaction: true, interrupted: false, complaints }).length > 0
  );
}

function replaySteps(steps: readonly StepTrace[], before: ModelState, around: Around): ModelState[] {
  let states = [before];
  for (const step of steps) states = states.flatMap((state) => replayStep(step, state, around));
  return states;
}

function replayStep(step: StepTrace, before: ModelState, around: Around): ModelState[] {
  switch (step.type) {
    case 'statement':
      return replayStatement(step, before, around);
    case 'batch':
      return replayBatch(step, before, around);
    case 'scope':
      return replayScope(step, before, around);
    case 'group':
      return replayGroup(step, before, around);
  }
}

function replayStatement(
  { statement, op, mayAbort, settled }: StatementTrace,
  before: ModelState,
  around: Around,
): ModelState[] {
  if (settled === undefined) return [before];
  if (isClosed(settled)) return acceptClosed(before, around, printStatement(statement));
  if (!settled.ok && settled.kind === 'aborted' && mayAbort)
    return settled.outcome === 'unknown'
      ? [before, runUnseen(before, statement, op)]
      : [before, lose(before)];
  if (isStale(settled, around)) return [before, lose(before)];
  const expected = expect(before, statement, op, around);
  const same = settled.ok ? settled.value === expected.value : settled.kind === expected.error;
  if (same && !before.lost) return [expected.state];
  around.complaints.push(explain(statement, op, settled, before.lost ? 'closed' : expected));
  return [];
}

function replayBatch(
  { statements, ops, whole, settled }: BatchTrace,
  before: ModelState,
  around: Around,
): ModelState[] {
  if (settled === undefined) return [before];
  const text = `batch [${statements.map(printStatement).join(', ')}]`;
  if (isClosed(settled)) return acceptClosed(before, around, text);
  if (isStale(settled, around)) return [before, lose(before)];
  if (isRefusedUnread(statements, settled, around)) return [before];
  let state = before;
  const values: string[] = [];
  for (const [index, statement] of statements.entries()) {
    const expected = expect(state, statement, ops[index] as string, around);
    state = expected.state;
    if (expected.error === undefined) {
      values.push(expected.value as string);
      continue;
    }
    const same = !settled.ok && settled.kind === expected.error && settled.index === index && !before.lost;
    if (same) return [whole ? { ...before, lost: state.lost } : state];
    around.complaints.push(`${text}: answered ${show(settled)}, expected ${expected.error} at ${index}`);
    return [];
  }
  if (settled.ok && settled.value === values.join(';') && !before.lost) return [state];
  around.complaints.push(`${text}: answered ${show(settled)}, expected ${values.join(';')}`);
  return [];
}

function replayScope(scope: ScopeTrace, before: ModelState, around: Around): ModelState[] {
  const { settled, bodyDone, steps } = scope;
  const ends = replaySteps(steps, before, around);
  if (settled === undefined) return ends.map(({ lost }) => ({ ...before, lost }));
  if (settled.ok)
    return complain(
      ends.filter(({ lost }) => !lost),
      ends,
      around,
      'a lost scope was kept',
    );
  const undone = ends.map(({ lost }) => ({ ...before, lost }));
  if (!bodyDone && steps.length > 0) return undone;
  // it failed by itself: at its savepoint or at its release
  if (isClosed(settled))
    return undone.flatMap((state) => acceptClosed(state, around, 'a nested transaction'));
  return settled.kind === 'thrown'
    ? undone
    : complain([], ends, around, `a nested transaction failed: ${settled.text}`);
}

/** Its members come one after the other, in some order. */
function replayGroup({ members, interrupted }: GroupTrace, before: ModelState, around: Around): ModelState[] {
  const inner = { ...around, interrupted: around.interrupted || interrupted };
  return unique(permute(members).flatMap((order) => replaySteps(order, before, inner)));
}

/** What a statement does, with what its mode refuses and what rolls everything back. */
function expect(
  state: ModelState,
  statement: ModelStatement,
  op: string,
  { mode, inTransaction }: Around,
): { state: ModelState; value?: string; error?: string } {
  const reads = statement.kind === 'get' || statement.kind === 'list';
  if (mode === 'read' && !reads) return { state, error: 'read-only' };
  const effect = applyStatement(state, statement, op);
  if (statement.kind === 'insert-or-rollback' && effect.error === 'constraint' && inTransaction)
    return { ...effect, state: lose(state) };
  return effect;
}

function runUnseen(state: ModelState, statement: ModelStatement, op: string): ModelState {
  return applyStatement(state, statement, op).state;
}

function acceptClosed(state: ModelState, around: Around, what: string): ModelState[] {
  if (state.lost || around.interrupted) return [state];
  around.complaints.push(`${what}: was told that its transaction is closed, which it is not`);
  return [];
}

function complain(
  kept: ModelState[],
  all: readonly ModelState[],
  around: Around,
  what: string,
): ModelState[] {
  if (kept.length === 0 && all.length > 0) around.complaints.push(what);
  return kept;
}

/** A server reads a whole batch before it runs any of it: the text that it cannot read may stand behind another mistake. */
const isRefusedUnread = (
  statements: readonly ModelStatement[],
  settled: Settled,
  { inTransaction }: Around,
): boolean =>
  !inTransaction &&
  !settled.ok &&
  settled.kind === 'syntax' &&
  statements[settled.index ?? -1]?.kind === 'syntax-error';

const lose = (state: ModelState): ModelState => ({ ...state, lost: true });
const isClosed = (settled: Settled): boolean => !settled.ok && settled.kind === 'closed';
/** A deferred transaction that began with a read may find that somebody else wrote meanwhile. */
const isStale = (settled: Settled, { mode, inTransaction }: Around): boolean =>
  !settled.ok && settled.kind === 'busy' && mode === 'deferred' && inTransaction;

function explain(
  statement: ModelStatement,
  op: string,
  settled: Settled,
  expected: string | { value?: string; error?: string },
): string {
  const wanted = typeof expected === 'string' ? expected : (expected.value ?? expected.error);
  return `${printStatement(statement)} (${op}): answered ${show(settled)}, expected ${wanted}`;
}

const show = (settled: Settled): string =>
  settled.ok
    ? settled.value
    : `${settled.kind} / ${settled.outcome} "${settled.text}" ${settled.index ?? ''}`;

function permute<T>(values: readonly T[]): T[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((value, index) =>
    permute(values.filter((_, at) => at !== index)).map((rest) => [value, ...rest]),
  );
}

/** States that differ in nothing are one. */
export function unique(states: readonly ModelState[]): ModelState[] {
  return [...new Map(states.map((state) => [JSON.stringify(state), state])).values()];
}
