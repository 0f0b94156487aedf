import type { IntMode, ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import { endOfTurn } from '../../async/end-of-turn.js';
import type { FifoGate, Guest, Release } from '../../async/fifo-gate.js';
import type { SqlClass } from '../../sql/classify-sql.js';
import type { Statement } from '../../contract/statement.js';
import type { FileGuard } from './file-guard.js';
import { GroupCommit, type GroupMember } from './group-commit.js';
import { bindArgs } from './bind-args.js';
import { hasQuickPlan } from './has-quick-plan.js';
import type { SlowWrites } from './slow-writes.js';
import { toSqliteError } from './sqlite-errors.js';
import type { Prepared, SqliteHandle } from './sqlite-handle.js';
import { withCounts } from './sqlite-run.js';
import { WriterPace } from './writer-pace.js';

/** What writes are done with. */
export interface WritingHandles {
  readonly writer: SqliteHandle;
  /** Undefined for `:memory:`, which no other handle can see, and where nothing may be written. */
  readonly slowWrites: SlowWrites | undefined;
  /** Undefined for `:memory:`, which has no file. */
  readonly guard: FileGuard | undefined;
}

/** A write that waits for the gate, or to be served by whoever has it. */
interface QueuedWrite extends GroupMember, Guest {
  readonly deadline: Deadline;
  readonly found: SqlClass;
  /** Answers its caller. */
  onServed(): void;
}

/** The writing handle of a database, behind the gate of that database. */
export class SqliteWriter {
  readonly #handle: SqliteHandle;
  readonly #slowWrites: SlowWrites | undefined;
  readonly #gate: FifoGate;
  readonly #guard: FileGuard | undefined;
  readonly #pace: WriterPace;
  readonly #group: GroupCommit;

  constructor({ writer, slowWrites, guard }: WritingHandles, gate: FifoGate, intMode: IntMode) {
    this.#handle = writer;
    this.#slowWrites = slowWrites;
    this.#gate = gate;
    this.#guard = guard;
    this.#pace = new WriterPace(() => writer.dataVersion);
    this.#group = new GroupCommit(writer, guard, intMode);
  }

  get isHeld(): boolean {
    return this.#gate.held > 0;
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  /**
   * Waits for the gate.
   * @param origin says who holds it from now on, for the error of those who wait in vain
   */
  async enter(deadline: Deadline, origin?: string): Promise<Release> {
    const release = await this.#gate.acquire(deadline);
    const leave = this.#leaveWith(release);
    if (origin !== undefined) this.#gate.describeHolder(origin);
    try {
      await this.#pace.rest(deadline);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Does work with the gate held, and looks before its answer whether it went into the file. */
  async use<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(deadline);
    try {
      this.#guard?.assertInPlaceNowAndThen();
      const result = await work();
      this.#guard?.assertInPlace('unknown');
      return result;
    } finally {
      leave();
    }
  }

  /** Runs a statement that commits by itself. */
  execute(statement: Statement, found: SqlClass, deadline: Deadline): Promise<ResultSet> {
    return new Promise((resolve, reject) => {
      const write: QueuedWrite = {
        // only those share a commit
        host: found === 'change' && this.#slowWrites !== undefined ? this : undefined,
        statement,
        found,
        deadline,
        settled: undefined,
        onPlace: (release) => void this.#serve(write, release),
        onRefused: reject,
        onServed: () => answer(write, resolve, reject),
      };
      this.#gate.ask(write);
    });
  }

  /** Runs a statement, and those right behind it that may share its commit: at least all that come in this turn of the event loop. */
  async #serve(first: QueuedWrite, release: Release): Promise<void> {
    const leave = this.#leaveWith(release);
    const taken: QueuedWrite[] = [];
    const takeNext = (): QueuedWrite | undefined => {
      const next = this.#gate.guestOf<QueuedWrite>(this);
      if (next === undefined || this.#findSlow(next) !== undefined) return undefined;
      this.#gate.take(next);
      taken.push(next);
      return next;
    };
    try {
      if (first.host === this) await endOfTurn();
      await this.#pace.rest(first.deadline);
      this.#guard?.assertInPlaceNowAndThen();
      const slow = this.#findSlow(first);
      if (slow !== undefined) await this.#runSlow(first, slow);
      else if (first.host === this && this.#gate.guestOf(this) !== undefined)
        await this.#group.run(first, takeNext, (member) => member.onServed());
      else await this.#group.runAlone(first);
    } catch (error) {
      first.settled ??= { error };
    } finally {
      first.onServed();
      for (const other of taken) other.onServed();
      leave();
    }
  }

  /** The statement, prepared, when it may hold up the event loop. */
  #findSlow({ statement, found }: QueuedWrite): Prepared | undefined {
    if (this.#slowWrites === undefined || (found !== 'change' && found !== 'query')) return undefined;
    try {
      const entry = this.#handle.prepare(statement.sql);
      const args = bindArgs(entry.parameters, statement.args);
      entry.pace.tryFirst(() => this.#isSurelyFast(statement.sql, args));
      return entry.pace.isFast ? undefined : entry;
    } catch {
      // its error comes when it runs
      return undefined;
    }
  }

  #isSurelyFast(sql: string, args: readonly unknown[]): boolean {
    try {
      return hasQuickPlan(this.#handle.db, sql, args);
    } catch {
      // another process may hold the lock, so that nobody can tell
      return false;
    }
  }

  /** Its caller is answered as soon as he can be; the gate is held until SQLite is done with it. */
  async #runSlow(write: QueuedWrite, entry: Prepared): Promise<void> {
    const { statement, deadline } = write;
    const slowWrites = this.#slowWrites as SlowWrites;
    try {
      const args = bindArgs(entry.parameters, statement.args);
      const result = await slowWrites.run({ sql: statement.sql, args, pace: entry.pace }, deadline);
      this.#guard?.assertInPlace('unknown');
      write.settled = { result: withCounts(entry, result) };
    } catch (error) {
      write.settled = { error: toSqliteError(error) };
    }
    write.onServed();
    await slowWrites.idle();
    this.#pace.forgetVersion();
  }

  #leaveWith(release: Release): Release {
    return () => {
      this.#pace.leave();
      release();
    };
  }
}

function answer(
  { settled }: GroupMember,
  resolve: (result: ResultSet) => void,
  reject: (error: unknown) => void,
): void {
  if (settled === undefined) reject(new Error('a write ended without an answer'));
  else if ('error' in settled) reject(settled.error);
  else resolve(settled.result);
}
