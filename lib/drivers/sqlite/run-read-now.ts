import type { IntMode, ResultSet } from '@libsql/core/api';
import { eventLoopShare } from '../../async/event-loop-share.js';
import type { Statement } from '../../contract/statement.js';
import type { FileGuard } from './file-guard.js';
import { isBusy } from './sqlite-errors.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { runPrepared } from './sqlite-run.js';

/**
 * Runs a read that is prepared already, is known to be fast, and whose turn it is.
 * @returns undefined when one of that is not so, or the file is locked
 * @throws DatabaseError, or IntegerRangeError
 */
export function runReadNow(
  handle: SqliteHandle,
  { sql, args }: Statement,
  intMode: IntMode,
  guard?: FileGuard,
): ResultSet | undefined {
  const entry = handle.find(sql);
  if (entry?.readsOnly !== true || (guard !== undefined && !entry.pace.isFast)) return undefined;
  const began = performance.now();
  if (!eventLoopShare.tryEnter(began)) return undefined;
  guard?.assertInPlaceNowAndThen(began);
  try {
    return runPrepared(handle, entry, args, intMode);
  } catch (error) {
    if (isBusy(error)) return undefined;
    throw error;
  } finally {
    entry.pace.tookInline(performance.now() - began);
  }
}
