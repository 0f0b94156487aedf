import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createDeadline, narrowDeadline, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Reporter } from '../contract/driver.js';
import { DatabaseError, detailsOf } from '../errors/database-error.js';
import {
  claimLease,
  endLease,
  readLease,
  renewLease,
  takeOverLease,
  type LeaseChange,
  type LeaseRow,
} from './lease-table.js';
import { textOf } from './migration-errors.js';
import type { MigrationPace } from './migration-pace.js';
import type { Turn } from './turn.js';

/**
 * The turn on a server. There a waiting write takes the lock from a transaction that has lasted 5 s, at once when it already has,
 * and even when its client gave up long ago (measured). So whoever waits only reads, and writes only when the lease looks free or
 * its holder has been silent for too long. The holder cannot renew it inside a long file, so silence does not prove its end: a
 * takeover may cost a live one its file (it is rolled back, never half applied). Therefore patience doubles with each takeover,
 * and a long file gets through.
 */
export class MigrationLease implements Turn {
  readonly #owner = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  readonly #connection: DriverConnection;
  readonly #report: Reporter;
  readonly #pace: MigrationPace;
  readonly #longestPatienceMs: number;
  #mayBeHeld = false;
  #waitsFor: LeaseRow | undefined;

  /** @param longestPatienceMs longest time that a holder may need for a file */
  constructor(
    connection: DriverConnection,
    report: Reporter,
    pace: MigrationPace,
    longestPatienceMs: number,
  ) {
    this.#connection = connection;
    this.#report = report;
    this.#pace = pace;
    this.#longestPatienceMs = longestPatienceMs;
  }

  async take(deadline: Deadline): Promise<boolean> {
    const lease = await readLease(this.#connection, deadline);
    const change = this.#chooseChange(lease);
    if (change !== undefined && (await this.#write(change, deadline))) {
      if (lease !== undefined && lease.owner !== this.#owner) this.#reportTakeover(lease);
      this.#waitsFor = undefined;
      return true;
    }
    this.#waitsFor = lease;
    await sleep(
      this.#pace.pollMs * (0.5 + Math.random()),
      deadline,
      'waiting for another instance to apply migrations',
    );
    return false;
  }

  /** Lets the others go on. It looks first, so as not to disturb another holder. Never throws. */
  async release(): Promise<void> {
    if (!this.#mayBeHeld) return;
    try {
      const lease = await readLease(this.#connection, createDeadline(this.#pace.leaseWriteMs));
      if (lease?.owner !== this.#owner) return;
      await this.#connection.execute(endLease(this.#owner), createDeadline(this.#pace.leaseWriteMs));
    } catch (error) {
      const message = `the lease of the migrations was not given back (${(error as Error).message}); others take it over`;
      this.#report({ level: 'warning', code: 'MIGRATION_LEASE_KEPT', message });
    }
  }

  /** Adds to the error of a wait that was too long who was waited for. */
  explain(error: unknown): unknown {
    if (this.#waitsFor === undefined || !(error instanceof DatabaseError) || error.kind !== 'timeout')
      return error;
    const { owner, takenAt } = this.#waitsFor;
    const message = `${textOf(error)}; ${owner} has had the lease of the migrations since ${new Date(takenAt).toISOString()}`;
    return new DatabaseError(message, { ...detailsOf(error), outcome: 'not-applied', cause: error });
  }

  #chooseChange(lease: LeaseRow | undefined): LeaseChange | undefined {
    if (lease === undefined) return claimLease(this.#owner, this.#patience(this.#pace.patienceMs));
    if (lease.owner === this.#owner) return renewLease(this.#owner);
    if (lease.silentMs < lease.patienceMs) return undefined;
    return takeOverLease(this.#owner, this.#patience(lease.patienceMs * 2), lease);
  }

  #patience(ms: number): number {
    return Math.min(ms, this.#longestPatienceMs);
  }

  /** A write whose answer is late or lost may still arrive: the next look at the row tells. */
  async #write(change: LeaseChange, deadline: Deadline): Promise<boolean> {
    this.#mayBeHeld = true;
    try {
      const { rowsAffected } = await this.#connection.execute(
        change,
        narrowDeadline(deadline, this.#pace.leaseWriteMs),
      );
      return rowsAffected === 1;
    } catch (error) {
      if (error instanceof DatabaseError && (error.kind === 'timeout' || error.kind === 'busy')) return false;
      throw error;
    }
  }

  #reportTakeover({ owner, silentMs }: LeaseRow): void {
    const message = `took over the migrations from ${owner}, which was silent for ${Math.round(silentMs / 1000)} s`;
    this.#report({ level: 'warning', code: 'MIGRATION_LEASE_TAKEN_OVER', message });
  }
}
