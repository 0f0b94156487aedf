import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { ResultSet, Value } from '@libsql/core/api';
import type { ModelStatement } from './schedule.js';
import { toAnswer } from './serial-model.js';
import type { Settled } from './trace.js';

/** What a callback throws that wants to be rolled back. */
export class ThrownOnPurpose extends Error {}

/** The error itself travels with what is written down of it, so that an uncaught one can be thrown on. */
const errors = new WeakMap<Settled, unknown>();

/** Waits for a call and writes down how it settled. */
export async function settle<T>(call: Promise<T>, toText: (value: T) => string): Promise<Settled> {
  try {
    return { ok: true, value: toText(await call) };
  } catch (error) {
    const settled = describe(error);
    errors.set(settled, error);
    return settled;
  }
}

function describe(error: unknown): Settled {
  const { kind, outcome, statementIndex, message } = error as Record<string, unknown>;
  const isOurs = error instanceof ThrownOnPurpose;
  return {
    ok: false,
    kind: isOurs ? 'thrown' : String(kind),
    outcome: isOurs ? 'not-applied' : String(outcome),
    index: statementIndex as number | undefined,
    text: String(message),
  };
}

/** A lost race for the lock is nothing to catch: `withTransaction` wants to see it. */
export function goOn(caught: boolean, settled: Settled): void {
  if (settled.ok || (caught && settled.kind !== 'busy')) return;
  throw errors.get(settled);
}

/** A server answers an upsert that updates with the last id of the same transaction: there the id is not compared. */
export function toValue(
  { rows, rowsAffected, lastInsertRowid }: ResultSet,
  { kind }: ModelStatement,
): string {
  const lists = rows.map((row) => Array.from(row as unknown as ArrayLike<Value>));
  const tellsId = lastInsertRowid !== undefined && kind !== 'upsert';
  return toAnswer(lists, rowsAffected, tellsId ? Number(lastInsertRowid) : null);
}

export function signalAfter(ticks: number): AbortSignal {
  const controller = new AbortController();
  if (ticks === 0) controller.abort();
  else void pause(ticks).then(() => controller.abort());
  return controller.signal;
}

/** Some turns of the event loop, then milliseconds. */
export async function pause(ticks: number): Promise<void> {
  for (let left = Math.min(ticks, 3); left > 0; left--) await turn();
  if (ticks > 3) await sleep(ticks - 3);
}

/** @returns false when the work is still pending after so many milliseconds */
export async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const timeout = sleep(ms, false, { signal: patience.signal, ref: true }).catch(() => false);
  const done = await Promise.race([work.then(() => true), timeout]);
  patience.abort();
  return done;
}
