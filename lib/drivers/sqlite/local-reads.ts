import type { IntMode, ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { Statement } from '../../contract/statement.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import { bindArgs } from './bind-args.js';
import type { FileGuard } from './file-guard.js';
import { hasQuickPlan } from './has-quick-plan.js';
import type { ReadRequest } from './pooled-read.js';
import type { ReaderPool } from './reader-pool.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { runReadNow } from './run-read-now.js';
import { runStatement } from './sqlite-run.js';
import { whileBusy, whileBusyElsewhere } from './while-busy.js';

/** Reads outside of transactions: inline what is known to be fast, everything else on threads. */
export class LocalReads {
  readonly #reader: SqliteHandle;
  readonly #pool: ReaderPool;
  readonly #guard: FileGuard;
  readonly #intMode: IntMode;

  constructor(reader: SqliteHandle, pool: ReaderPool, guard: FileGuard, intMode: IntMode) {
    this.#reader = reader;
    this.#pool = pool;
    this.#guard = guard;
    this.#intMode = intMode;
  }

  /** How many wait for a thread. */
  get waiting(): number {
    return this.#pool.waiting;
  }

  close(deadline: Deadline): ReturnType<ReaderPool['close']> {
    return this.#pool.close(deadline);
  }

  /** @returns undefined for a statement that `run` has to run */
  runNow(statement: Statement): ResultSet | undefined {
    return runReadNow(this.#reader, statement, this.#intMode, this.#guard);
  }

  /** @returns undefined for a statement that writes: only the engine knows whether a WITH does */
  async run(statement: Statement, deadline: Deadline): Promise<ResultSet | undefined> {
    this.#guard.assertInPlaceNowAndThen();
    const result = await whileBusy(() => this.#runInline(statement), deadline);
    if (result === undefined || !('pace' in result)) return result;
    return whileBusyElsewhere(() => this.#pool.read(result, deadline), deadline);
  }

  /** Prepares it here in any case, so that its errors are found here. That is safe: pragmas that set do not come this far. */
  #runInline(statement: Statement): ResultSet | ReadRequest | undefined {
    const entry = this.#reader.prepare(statement.sql);
    if (!entry.prepared.readonly) return undefined;
    const { pace } = entry;
    if (!pace.isFast) {
      const args = bindArgs(entry.parameters, statement.args);
      pace.tryFirst(() => this.#isSurelyFast(statement.sql, args));
      if (!pace.isFast) return { sql: statement.sql, args, pace };
    }
    const began = performance.now();
    try {
      return runStatement(this.#reader, statement, this.#intMode);
    } finally {
      pace.tookInline(performance.now() - began);
    }
  }

  #isSurelyFast(sql: string, args: readonly unknown[]): boolean {
    return firstKeyword(sql) === 'EXPLAIN' || hasQuickPlan(this.#reader.db, sql, args);
  }
}
