import type { IntMode, ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import { endOfTurn } from '../../async/end-of-turn.js';
import type { FifoGate, Guest, Release } from '../../async/fifo-gate.js';
import type { Statement } from '../../contract/statement.js';
import type { FileGuard } from './file-guard.js';
import { GroupCommit, type GroupMember } from './group-commit.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { WriterPace } from './writer-pace.js';

/** A write that may share its commit, whether it gets the gate or is served by whoever has it. */
interface SharedWrite extends GroupMember, Guest {
  readonly deadline: Deadline;
  /** Answers its caller. */
  onServed(): void;
}

/** The writing handle of a database, behind the gate of that database. */
export class SqliteWriter {
  readonly #gate: FifoGate;
  readonly #guard: FileGuard | undefined;
  readonly #pace: WriterPace;
  readonly #group: GroupCommit;

  constructor(handle: SqliteHandle, gate: FifoGate, guard: FileGuard | undefined, intMode: IntMode) {
    this.#gate = gate;
    this.#guard = guard;
    this.#pace = new WriterPace(() => handle.dataVersion);
    this.#group = new GroupCommit(handle, guard, intMode);
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

  /**
   * Runs a statement that commits by itself.
   * @param mayShare it may share its commit with others that wait right behind it
   */
  execute(statement: Statement, mayShare: boolean, deadline: Deadline): Promise<ResultSet> {
    if (!mayShare) return this.use(deadline, () => this.#group.runStatement({ statement, deadline }));
    return new Promise((resolve, reject) => {
      const write: SharedWrite = {
        host: this,
        statement,
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
  async #serve(first: SharedWrite, release: Release): Promise<void> {
    const leave = this.#leaveWith(release);
    const taken: SharedWrite[] = [];
    const takeNext = (): SharedWrite | undefined => {
      const next = this.#gate.takeGuestOf<SharedWrite>(this);
      if (next !== undefined) taken.push(next);
      return next;
    };
    try {
      await endOfTurn();
      await this.#pace.rest(first.deadline);
      this.#guard?.assertInPlaceNowAndThen();
      if (this.#gate.hasGuestOf(this)) await this.#group.run(first, takeNext, (member) => member.onServed());
      else await this.#group.runAlone(first);
    } catch (error) {
      first.settled ??= { error };
    } finally {
      first.onServed();
      for (const other of taken) other.onServed();
      leave();
    }
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
