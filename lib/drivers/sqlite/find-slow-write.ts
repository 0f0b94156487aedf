import { bindArgs } from './bind-args.js';
import { hasQuickPlan } from './has-quick-plan.js';
import type { QueuedWrite } from './queued-write.js';
import type { SqliteHandle } from './sqlite-handle.js';
import type { BoundStatement } from './sqlite-run.js';

/**
 * Prepares and binds a write, unless somebody did.
 * @returns it when it may hold up the event loop
 */
export function findSlowWrite(handle: SqliteHandle, write: QueuedWrite): BoundStatement | undefined {
  const { found } = write;
  if (found !== 'change' && found !== 'query') return undefined;
  try {
    write.bound ??= bindFirst(handle, write);
    return write.bound.entry.pace.isFast ? undefined : write.bound;
  } catch {
    // its error comes when it runs
    return undefined;
  }
}

function bindFirst(handle: SqliteHandle, { statement: { sql, args } }: QueuedWrite): BoundStatement {
  const entry = handle.prepare(sql);
  const bound = { entry, args: bindArgs(entry.parameters, args) };
  entry.pace.tryFirst(() => isSurelyFast(handle, sql, bound.args));
  return bound;
}

function isSurelyFast({ db }: SqliteHandle, sql: string, args: readonly unknown[]): boolean {
  try {
    return hasQuickPlan(db, sql, args);
  } catch {
    // another process may hold the lock, so that nobody can tell
    return false;
  }
}
