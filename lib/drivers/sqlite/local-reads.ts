import type { IntMode, ResultSet, Row } from '@libsql/core/api';
import { createDeadline, remainingMs, type Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import type { Reporter } from '../../contract/driver.js';
import type { Statement } from '../../contract/statement.js';
import { createStreamWritesError } from '../../errors/usage-errors.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import { bindArgs } from './bind-args.js';
import type { FileGuard } from './file-guard.js';
import { hasQuickPlan } from './has-quick-plan.js';
import type { ReadRequest } from './pooled-read.js';
import { reportLeftBehind, type ReaderPool } from './reader-pool.js';
import type { Prepared, SqliteHandle } from './sqlite-handle.js';
import { runReadNow, type ReadFile } from './run-read-now.js';
import { runBound } from './sqlite-run.js';
import type { StreamThreads } from './stream-threads.js';
import { whileBusy, whileBusyElsewhere } from './while-busy.js';

/** What a thread without work needs at most to end, in milliseconds. */
const endMs = 500;

/** Threads that end together. */
interface Threads {
  /** What they run now. */
  readonly statements: readonly string[];
  /** @returns when all of them are gone */
  close(): Promise<unknown>;
}

/** What reads run on. */
export interface LocalReadsParts {
  readonly reader: SqliteHandle;
  /** The handle that this process writes with; undefined where it never does. */
  readonly writer: SqliteHandle | undefined;
  readonly pool: ReaderPool;
  readonly streams: StreamThreads;
  readonly guard: FileGuard;
  readonly intMode: IntMode;
  readonly report: Reporter;
}

/** Reads outside of transactions: inline what is known to be fast, everything else on threads. */
export class LocalReads implements ReadFile {
  readonly guard: FileGuard;
  readonly #reader: SqliteHandle;
  readonly #writer: SqliteHandle | undefined;
  readonly #pool: ReaderPool;
  readonly #streams: StreamThreads;
  readonly #report: Reporter;
  readonly #intMode: IntMode;

  constructor({ reader, writer, pool, streams, guard, intMode, report }: LocalReadsParts) {
    this.#reader = reader;
    this.#writer = writer;
    this.#pool = pool;
    this.#streams = streams;
    this.guard = guard;
    this.#intMode = intMode;
    this.#report = report;
  }

  /** How many wait for a thread. */
  get waiting(): number {
    return this.#pool.waiting + this.#streams.waiting;
  }

  /**
   * Ends every thread. One that still runs a statement at the deadline is left behind and named.
   * @param others that end with these
   * @returns when the last of those left behind is gone
   */
  async close(
    deadline: Deadline,
    others: readonly Threads[] = [],
  ): Promise<{ readonly leftBehind: Promise<unknown> | undefined }> {
    let isGone = false;
    const threads = [this.#pool, this.#streams, ...others];
    const gone = Promise.all(threads.map((each) => each.close())).then(() => (isGone = true));
    const patience = createDeadline(Math.max(remainingMs(deadline), endMs));
    await within(gone, patience, 'ending').catch(() => undefined);
    if (isGone) return { leftBehind: undefined };
    for (const sql of threads.flatMap(({ statements }) => statements)) reportLeftBehind(this.#report, sql);
    return { leftBehind: gone };
  }

  /** Reads rows as they are taken, on a thread of their own. */
  async *stream({ sql, args }: Statement, deadline: Deadline): AsyncGenerator<Row, void, undefined> {
    this.guard.assertInPlaceNowAndThen();
    const values = await whileBusy(() => {
      const { prepared, parameters } = this.#reader.prepare(sql);
      if (!prepared.readonly) throw createStreamWritesError();
      return bindArgs(parameters, args);
    }, deadline);
    yield* this.#streams.read(sql, values, deadline);
  }

  /** Whether a WITH surely writes, so that it need not wait to find out: then it keeps its place among the writes. */
  writes(sql: string): boolean {
    if (firstKeyword(sql) !== 'WITH') return false;
    try {
      return !this.#reader.prepare(sql).prepared.readonly;
    } catch {
      return false;
    }
  }

  /** @returns undefined for a statement that `run` has to run */
  runNow(statement: Statement): ResultSet | undefined {
    return runReadNow(this.#reader, statement, this.#intMode, this);
  }

  /**
   * The statement on the handle whose pages are in memory. Each write voids what every other handle of the file has read, and a point
   * read takes 26 µs there instead of 6 (measured): so reads share the handle that writes, except while a transaction is open on it,
   * whose changes nobody else may see. A text that never ran does not: those that are built anew each time would push its writes out.
   */
  nearest(entry: Prepared): Prepared {
    const writer = this.#writer;
    if (writer === undefined || entry.shape === undefined || entry.asksHandle) return entry;
    return writer.inTransaction ? entry : (entry.nearer ??= writer.prepare(entry.sql));
  }

  /** @returns undefined for a statement that writes: only the engine knows whether a WITH does */
  async run(statement: Statement, deadline: Deadline): Promise<ResultSet | undefined> {
    this.guard.assertInPlaceNowAndThen();
    const result = await whileBusy(() => this.#runInline(statement), deadline);
    if (result === undefined || !('pace' in result)) return result;
    return whileBusyElsewhere(() => this.#pool.read(result, deadline), deadline);
  }

  /** Prepares it here in any case, so that its errors are found here. That is safe: pragmas that set do not come this far. */
  #runInline(statement: Statement): ResultSet | ReadRequest | undefined {
    const entry = this.#reader.prepare(statement.sql);
    if (!entry.prepared.readonly) return undefined;
    const { pace } = entry;
    const args = bindArgs(entry.parameters, statement.args);
    if (!pace.isFast) {
      pace.tryFirst(() => this.#isSurelyFast(statement.sql, args));
      if (!pace.isFast) return { sql: statement.sql, args, pace };
    }
    const began = performance.now();
    try {
      return runBound({ entry: this.nearest(entry), args }, this.#intMode);
    } finally {
      pace.tookInline(performance.now() - began);
    }
  }

  #isSurelyFast(sql: string, args: readonly unknown[]): boolean {
    return firstKeyword(sql) === 'EXPLAIN' || hasQuickPlan(this.#reader.db, sql, args);
  }
}
