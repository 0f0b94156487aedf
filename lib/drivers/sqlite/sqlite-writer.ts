import type { IntMode, ResultSet } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import { endOfTurn } from '../../async/end-of-turn.js';
import { eventLoopShare } from '../../async/event-loop-share.js';
import type { FifoGate, Release } from '../../async/fifo-gate.js';
import { runOutside } from '../../async/run-outside.js';
import type { SqlClass } from '../../sql/classify-sql.js';
import type { SharedCall } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import type { FileGuard } from './file-guard.js';
import { CollectedWrites } from './collected-writes.js';
import { GroupCommit, notBegun } from './group-commit.js';
import { bindArgs } from './bind-args.js';
import { findSlowWrite } from './find-slow-write.js';
import { LoneCaller } from './lone-caller.js';
import { QueuedWrite } from './queued-write.js';
import type { SlowWrites } from './slow-writes.js';
import { isBusy, toSqliteError } from './sqlite-errors.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { withCounts, type BoundStatement } from './sqlite-run.js';
import { WriterPace } from './writer-pace.js';

/** What writes are done with. */
export interface WritingHandles {
  readonly writer: SqliteHandle;
  /** Undefined for `:memory:`, which no other handle can see, and where nothing may be written. */
  readonly slowWrites: SlowWrites | undefined;
  /** Undefined for `:memory:`, which has no file. */
  readonly guard: FileGuard | undefined;
}

/** The writing handle of a database, behind the gate of that database. */
export class SqliteWriter {
  readonly #handle: SqliteHandle;
  readonly #slowWrites: SlowWrites | undefined;
  readonly #gate: FifoGate;
  readonly #guard: FileGuard | undefined;
  readonly #pace: WriterPace;
  readonly #group: GroupCommit;
  readonly #caller = new LoneCaller();
  /** Those that have the gate, until all of them are served. */
  #collected: CollectedWrites | undefined;
  readonly #serveWrite = (write: QueuedWrite, release: Release): void => void this.#serve(write, release);

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
    return this.#gate.waiting + (this.#collected?.waiting ?? 0);
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

  /**
   * Runs a write before it returns: one that was prepared before and is known to be fast, of a caller who is alone, with nobody to wait
   * for.
   * @returns undefined when one of that is not so, or the file is locked
   * @throws DatabaseError
   */
  runNow(statement: Statement): ResultSet | undefined {
    if (this.isHeld) return undefined;
    const entry = this.#handle.find(statement.sql);
    if (entry?.found !== 'change' || !entry.pace.isFast) return undefined;
    const began = performance.now();
    if (!this.#pace.mayGoOn(began) || !this.#caller.tryEnter() || !eventLoopShare.tryEnter(began))
      return undefined;
    this.#guard?.assertInPlaceNowAndThen(began);
    const bound = { entry, args: bindArgs(entry.parameters, statement.args) };
    try {
      return this.#group.runNow({ statement, bound }, began);
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw error;
    } finally {
      this.#pace.leave(this.#group.endedAt);
    }
  }

  /**
   * Takes a write in that was prepared before and is known to be fast, to commit it at the end of this turn together with all that come
   * until then.
   * @param share tells what they have in common
   * @returns undefined when it is no such write, somebody else has the gate or waits for it, or the first one came too long ago
   * @throws DatabaseError `ARGS_INVALID`
   */
  collect(statement: Statement, share: () => SharedCall): Promise<ResultSet> | undefined {
    if (this.#gate.waiting > 0 || (this.isHeld && this.#collected === undefined)) return undefined;
    const entry = this.#handle.find(statement.sql);
    if (this.#slowWrites === undefined || entry?.found !== 'change' || !entry.pace.isFast) return undefined;
    if (this.#collected?.mayAdd() === false) return undefined;
    const bound = { entry, args: bindArgs(entry.parameters, statement.args) };
    this.#collected ??= this.#beginCollecting(share());
    return this.#collected.add(statement, bound);
  }

  /** Runs a statement that commits by itself. */
  execute(statement: Statement, found: SqlClass, deadline: Deadline): Promise<ResultSet> {
    const host = found === 'change' && this.#slowWrites !== undefined ? this : undefined;
    const terms = { found, deadline, host, call: undefined, serve: this.#serveWrite };
    return new Promise((resolve, reject) =>
      this.#gate.ask(new QueuedWrite(terms, statement, undefined, resolve, reject)),
    );
  }

  /** Holds the gate, which is free, until the end of this turn. */
  #beginCollecting(call: SharedCall): CollectedWrites {
    const collected = new CollectedWrites(call, { host: this, serve: this.#serveWrite });
    const leave = this.#leaveWith(this.#gate.tryAcquire() as Release);
    runOutside(() => void endOfTurn().then(() => this.#serveCollected(collected, leave)));
    return collected;
  }

  async #serveCollected(collected: CollectedWrites, leave: Release): Promise<void> {
    collected.close();
    const leaveAtEnd = (): void => {
      if (collected.waiting > 0 || this.#collected !== collected) return;
      this.#collected = undefined;
      leave();
    };
    for (let first = collected.take(); first !== undefined; first = collected.take()) {
      await this.#serveWith(first, leaveAtEnd);
      if (collected.waiting === 0) continue;
      // a commit takes as many in as may hold up the event loop
      collected.watch();
      await endOfTurn();
    }
    leaveAtEnd();
  }

  /** Runs a statement, and those right behind it that may share its commit: at least all that come in this turn of the event loop. */
  async #serve(first: QueuedWrite, release: Release): Promise<void> {
    if (first.host === this) await endOfTurn();
    await this.#serveWith(first, this.#leaveWith(release));
  }

  /**
   * Runs a write, and those that share its commit, and answers all of them.
   * @param onServed called right then: who is answered may find the gate free
   */
  async #serveWith(first: QueuedWrite, onServed: () => void): Promise<void> {
    const served = [first];
    const takeNext = (): QueuedWrite | undefined => {
      const next = this.#takeNext();
      if (next !== undefined) served.push(next);
      return next;
    };
    try {
      throwIfOver(first.deadline, notBegun);
      await this.#pace.rest(first.deadline);
      this.#guard?.assertInPlaceNowAndThen();
      const slow = this.#findSlow(first);
      if (slow !== undefined) await this.#runSlow(first, slow);
      else if (first.host === this && this.#next !== undefined)
        await this.#group.run(first, takeNext, (write) => write.onServed());
      else await this.#group.runAlone(first);
      this.#caller.sawCallers(served.length);
    } catch (error) {
      // it did not begin, so those from it that have its deadline could not either
      first.onRefused(error);
      this.#collected?.refuse(error);
    } finally {
      for (const write of served) write.onServed();
      onServed();
    }
  }

  /** The one right behind. */
  get #next(): QueuedWrite | undefined {
    return this.#collected?.next ?? this.#gate.guestOf<QueuedWrite>(this);
  }

  /** The one right behind, when it may share a commit. */
  #takeNext(): QueuedWrite | undefined {
    const next = this.#next;
    if (next === undefined || this.#findSlow(next) !== undefined) return undefined;
    if (this.#collected?.take() === undefined) this.#gate.take(next);
    return next;
  }

  /** The statement, bound, when it may hold up the event loop and there is a thread for it. */
  #findSlow(write: QueuedWrite): BoundStatement | undefined {
    return this.#slowWrites && findSlowWrite(this.#handle, write);
  }

  /** Its caller is answered as soon as he can be; the gate is held until SQLite is done with it. */
  async #runSlow(write: QueuedWrite, { entry, args }: BoundStatement): Promise<void> {
    const { statement, deadline } = write;
    const slowWrites = this.#slowWrites as SlowWrites;
    this.#collected?.watch();
    try {
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
