import type { IntMode, ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { FifoGate, Guest, Release } from '../../async/fifo-gate.js';
import type { Statement } from '../../contract/statement.js';
import type { FileGuard } from './file-guard.js';
import { GroupCommit, type GroupMember } from './group-commit.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { WriterPace } from './writer-pace.js';

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
  async execute(statement: Statement, mayShare: boolean, deadline: Deadline): Promise<ResultSet> {
    const member: GroupMember & Guest = { host: this, statement, deadline, settled: undefined };
    if (!mayShare) return this.use(deadline, () => this.#group.runStatement(member));
    const release = await this.#gate.acquireOrBeServed(deadline, member);
    if (release !== undefined)
      await new Promise<void>((resolve, reject) => {
        this.#serve(member, release, resolve).catch(reject);
      });
    return resultOf(member);
  }

  /**
   * Runs a statement, and those right behind it that may share its commit.
   * @param onFirst called as soon as the first one is settled; the others may take longer
   */
  async #serve(first: GroupMember, release: Release, onFirst: () => void): Promise<void> {
    const leave = this.#leaveWith(release);
    const served = new Map([[first, onFirst]]);
    const takeNext = (): GroupMember | undefined => {
      const taken = this.#gate.takeGuestOf<GroupMember & Guest>(this);
      if (taken !== undefined) served.set(taken.guest, taken.onServed);
      return taken?.guest;
    };
    try {
      await this.#pace.rest(first.deadline);
      this.#guard?.assertInPlaceNowAndThen();
      if (this.#gate.hasGuestOf(this)) {
        await this.#group.run(first, takeNext, (member) => served.get(member)?.());
      } else await this.#group.runAlone(first);
    } catch (error) {
      first.settled ??= { error };
    } finally {
      for (const onServed of served.values()) onServed();
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

function resultOf({ settled }: GroupMember): ResultSet {
  if (settled === undefined) throw new Error('a write ended without an answer');
  if ('error' in settled) throw settled.error;
  return settled.result;
}
