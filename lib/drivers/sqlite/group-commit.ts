import type { IntMode, ResultSet } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createAbortedError, createTimeoutError } from '../../errors/wait-errors.js';
import type { FileGuard } from './file-guard.js';
import { toSqliteError } from './sqlite-errors.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { runBound, runStatement, type BoundStatement } from './sqlite-run.js';
import { whileBusy } from './while-busy.js';

/** A statement that commits by itself, and how it ended. */
export interface GroupMember {
  readonly statement: Statement;
  readonly deadline: Deadline;
  /** The statement prepared and its arguments bound, where somebody had to look at them before. */
  readonly bound?: BoundStatement | undefined;
  settled: { readonly result: ResultSet } | { readonly error: unknown } | undefined;
}

/** What a write did whose wait ended, for its error. */
export const notBegun = 'before the statement began';

/** So long a group takes members in, in milliseconds: it blocks the event loop. */
const longestGroupMs = 2;

/** A statement alone commits, and a disk may take so long for that, in milliseconds. */
const slowCommitMs = 20;

/**
 * Errors that undo the statement and nothing else, in a transaction as outside of one. `OR FAIL` keeps what it did before the conflict,
 * and so it does alone.
 */
const endsStatementOnly = new Set(
  'SQLITE_CONSTRAINT SQLITE_ERROR SQLITE_MISMATCH SQLITE_TOOBIG SQLITE_RANGE ARGS_INVALID SQL_MANY_STATEMENTS'.split(
    ' ',
  ),
);

/**
 * Lets statements that wait one behind the other share one transaction, so one sync of the disk, with the answers that each would have
 * got alone. Where the two could differ nothing is kept, and each runs alone, in the same order: nobody was answered before the commit.
 * There are no savepoints: one around each statement gave other results (`OR FAIL`).
 */
export class GroupCommit {
  readonly #handle: SqliteHandle;
  readonly #guard: FileGuard | undefined;
  readonly #intMode: IntMode;
  #checkedSchema: unknown;
  #defersKeys = false;
  /** Asking for the time takes long beside a short statement. */
  #now = 0;
  /** That of the last one: many have the same, and nothing can fire its signal between them. */
  #deadline: Deadline | undefined;

  constructor(handle: SqliteHandle, guard: FileGuard | undefined, intMode: IntMode) {
    this.#handle = handle;
    this.#guard = guard;
    this.#intMode = intMode;
  }

  /**
   * Runs the first one and those that `takeNext` gives, with the gate held. All of those are settled then.
   * @param onSettled called for those that do not share a commit, as soon as each is settled
   * @throws DatabaseError when the first one did not begin, and so nobody did
   */
  async run<M extends GroupMember>(
    first: M,
    takeNext: () => M | undefined,
    onSettled: (member: M) => void,
  ): Promise<void> {
    await whileBusy(() => this.#handle.run('BEGIN IMMEDIATE'), first.deadline);
    const members = [first];
    if (this.#commitTogether(members, takeNext)) return;
    const waiting = members.map((member) => ({ member, begin: settleWhenOver(member, onSettled) }));
    for (const { member, begin } of waiting) {
      begin();
      if (member.settled !== undefined) continue;
      await this.runAlone(member);
      onSettled(member);
    }
  }

  /** Runs one in a transaction of its own, and settles it. */
  async runAlone(member: GroupMember): Promise<void> {
    try {
      throwIfOver(member.deadline, notBegun);
      const result = await this.runStatement(member);
      this.#guard?.assertInPlace('unknown');
      member.settled = { result };
    } catch (error) {
      member.settled = { error };
    }
  }

  /**
   * Runs one at once, in a transaction of its own.
   * @throws DatabaseError
   */
  runNow(member: Pick<GroupMember, 'statement' | 'bound'>, began: number): ResultSet {
    const result = this.#runTimed(member, slowCommitMs, began);
    this.#guard?.assertInPlace('unknown', this.#now);
    return result;
  }

  /** When the last statement had run. */
  get endedAt(): number {
    return this.#now;
  }

  /** @throws DatabaseError */
  runStatement(member: Omit<GroupMember, 'settled'>): Promise<ResultSet> {
    return whileBusy(() => this.#runTimed(member, slowCommitMs), member.deadline);
  }

  /**
   * In one go: whoever is in it cannot be aborted.
   * @returns false when nothing is kept and nobody is settled
   */
  #commitTogether<M extends GroupMember>(members: M[], takeNext: () => M | undefined): boolean {
    this.#now = performance.now();
    this.#deadline = undefined;
    const endsAt = this.#now + longestGroupMs;
    try {
      if (this.#maySeeOthersKeys()) return this.#undo(members);
      for (let member = members[0]; member !== undefined; member = takeNext()) {
        if (member !== members[0]) members.push(member);
        if (!this.#runMember(member, this.#now)) return this.#undo(members);
        if (this.#now >= endsAt) break;
      }
      this.#handle.run('COMMIT');
      this.#guard?.assertInPlace('unknown');
      return true;
    } catch (error) {
      const failure = toSqliteError(error);
      // it may have been kept, as for one alone
      if (failure instanceof DatabaseError && failure.outcome === 'unknown')
        return this.#fail(members, failure);
      return this.#undo(members);
    }
  }

  /** @returns false when the transaction may not be what it was */
  #runMember(member: GroupMember, now: number): boolean {
    try {
      const { deadline } = member;
      if (deadline !== this.#deadline || now >= deadline.expiresAt) throwIfOver(deadline, notBegun, now);
      this.#deadline = deadline;
      member.settled = { result: this.#runTimed(member, 0, now) };
      return true;
    } catch (error) {
      member.settled = { error };
      return this.#handle.inTransaction && leavesTransaction(error);
    }
  }

  /** @param ownMs so long is not the statement's fault */
  #runTimed(
    { statement, bound }: Pick<GroupMember, 'statement' | 'bound'>,
    ownMs: number,
    began = performance.now(),
  ): ResultSet {
    try {
      if (bound !== undefined) return runBound(bound, this.#intMode);
      return runStatement(this.#handle, statement, this.#intMode);
    } finally {
      this.#now = performance.now();
      const tookMs = this.#now - began;
      const entry = bound?.entry ?? this.#handle.find(statement.sql);
      entry?.pace.tookInline(tookMs > ownMs ? tookMs : 0);
    }
  }

  /** A deferred key is looked at when the transaction commits: then one member could mend or break another's. */
  #maySeeOthersKeys(): boolean {
    const schema = this.#handle.schemaVersion;
    if (schema !== this.#checkedSchema) {
      this.#defersKeys = this.#handle.defersKeys;
      this.#checkedSchema = schema;
    }
    return this.#defersKeys;
  }

  #undo(members: readonly GroupMember[]): boolean {
    try {
      if (this.#handle.inTransaction) this.#handle.run('ROLLBACK');
    } catch (error) {
      return this.#fail(members, toSqliteError(error), true);
    }
    for (const member of members) member.settled = undefined;
    return false;
  }

  /** Tells everybody whose statement had gone well. */
  #fail(members: readonly GroupMember[], error: unknown, all = false): boolean {
    for (const member of members) {
      if (all || member.settled === undefined || 'result' in member.settled) member.settled = { error };
    }
    try {
      if (this.#handle.inTransaction) this.#handle.run('ROLLBACK');
    } catch (rollbackError) {
      if (Object.isExtensible(error)) Object.assign(error as object, { rollbackError });
    }
    return true;
  }
}

/**
 * Ends the wait of a member whose deadline is over or whose signal fires before it begins: it has left the queue that did so.
 * @returns says that it begins
 */
function settleWhenOver<M extends GroupMember>(member: M, onSettled: (member: M) => void): () => void {
  const settle = (error: Error): void => {
    member.settled = { error };
    onSettled(member);
  };
  return watchDeadline(
    member.deadline,
    () => settle(createTimeoutError(notBegun, member.deadline.timeoutMs)),
    (reason) => settle(createAbortedError(notBegun, reason)),
  );
}

function leavesTransaction(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return endsStatementOnly.has(error.code) || error.code === 'TIMEOUT' || error.code === 'ABORTED';
}
