import type { ReplicaStatus } from '../../contract/connection.js';
import type { Reporter } from '../../contract/driver.js';

/** Whether reads may trust the file, why not, and what is told about it. */
export class ReplicaState {
  readonly #report: Reporter;
  #state: ReplicaStatus['state'] = 'building';
  #brokenBy: string | undefined;

  constructor(report: Reporter) {
    this.#report = report;
  }

  /** `ReplicaStatus` says what each means. */
  get now(): ReplicaStatus['state'] {
    return this.#state;
  }

  /** Why the file must be filled anew. */
  get brokenBy(): string | undefined {
    return this.#brokenBy;
  }

  /** The file is good. */
  serve(): void {
    if (this.#state === 'building' || this.#state === 'schema')
      this.#report({ level: 'info', code: 'REPLICA_READY', message: 'reads are answered by the replica' });
    this.#state = 'serving';
  }

  /** The primary answers until the next sync has shown which one it is. */
  check(): void {
    if (this.#state === 'serving') this.#state = 'checking';
  }

  /** The primary could not be asked after all, and nothing speaks against the file. */
  trustAgain(): void {
    if (this.#state === 'checking') this.#state = 'serving';
  }

  /** An answer of the primary speaks against the file. */
  doubt(): void {
    if (this.#state !== 'serving') return;
    this.#state = 'checking';
    const message = 'the primary may be another one than before: it answers until a sync has shown which';
    this.#report({ level: 'info', code: 'REPLICA_CHECKING', message });
  }

  enterSchema(): void {
    if (this.#state === 'schema') return;
    this.#state = 'schema';
    const message = 'the schema has something that only libSQL can read, so reads go to the primary';
    this.#report({ level: 'warning', code: 'REPLICA_SCHEMA', message });
  }

  /** Nobody reads the file any more, until it is filled anew. */
  break(reason: string): void {
    this.#brokenBy ??= reason;
    this.#state = 'building';
  }

  /** The files are thrown away now. */
  beginAnew(reason: string): void {
    const message = `the replica is thrown away and filled anew: ${reason}`;
    this.#report({ level: 'warning', code: 'REPLICA_REBUILT', message });
  }

  /** There is nothing in them any more. */
  emptied(): void {
    this.#brokenBy = undefined;
  }

  close(): void {
    this.#state = 'building';
  }
}
