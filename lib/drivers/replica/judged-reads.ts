import type { Deadline } from '../../async/deadline.js';
import type { DatabaseError } from '../../errors/database-error.js';
import { isBrokenFile, isUnreadableSchema, type LocalReads } from './local-reads.js';
import type { ReplicaState } from './replica-state.js';
import { createSyncError } from './sync-errors.js';

/** What reading the file of a replica, or failing to, says about it. */
export class JudgedReads {
  readonly #reads: LocalReads;
  readonly #state: ReplicaState;

  constructor(reads: LocalReads, state: ReplicaState) {
    this.#reads = reads;
    this.#state = state;
  }

  /**
   * @param isDoubted nobody knows yet whether the file is of this primary
   * @throws DatabaseError `REPLICA_CORRUPT`
   */
  async open(isDoubted: boolean, deadline: Deadline): Promise<void> {
    try {
      await this.#reads.open(deadline);
      if (!isDoubted && this.#state.brokenBy === undefined) this.#state.serve();
    } catch (error) {
      if (isUnreadableSchema(error)) this.#onUnreadableSchema();
      else if (isBrokenFile(error)) throw createSyncError(`it is corrupt: ${(error as Error).message}`);
      else throw error;
    }
  }

  /** @returns true when the file must be filled anew */
  onError(error: DatabaseError): boolean {
    if (this.#state.now === 'building' || this.#state.now === 'schema') return false;
    if (isUnreadableSchema(error)) {
      this.#onUnreadableSchema();
      return false;
    }
    this.#state.break(`reading it failed (${error.code})`);
    return true;
  }

  #onUnreadableSchema(): void {
    this.#state.enterSchema();
    void this.#reads.close();
  }
}
