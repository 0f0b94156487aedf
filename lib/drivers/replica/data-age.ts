import type { Reporter } from '../../contract/driver.js';

/** Old data is no news at boot: the first sync has so long to bring newer, in milliseconds. */
const firstSyncMs = 10_000;

/** How old the data of a replica may be; tells once per outage when it is older than it should. */
export class DataAge {
  readonly #maxStalenessMs: number;
  readonly #report: Reporter;
  #from: number | undefined;
  #lastSyncAt: Date | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;

  constructor(maxStalenessMs: number, report: Reporter) {
    this.#maxStalenessMs = maxStalenessMs;
    this.#report = report;
  }

  /** In milliseconds; undefined while there is no data. */
  get ms(): number | undefined {
    return this.#from === undefined ? undefined : Math.round(performance.now() - this.#from);
  }

  get lastSyncAt(): Date | undefined {
    return this.#lastSyncAt;
  }

  /** @param syncedAt when an earlier process has brought the data, in milliseconds since 1970 */
  adopt(syncedAt: number): void {
    this.#beginAt(performance.now() - Math.max(0, Date.now() - syncedAt), firstSyncMs);
  }

  /** A sync that began then has succeeded. */
  synced(began: number): void {
    this.#lastSyncAt = new Date();
    this.#beginAt(began);
  }

  /** A sync has succeeded after others that failed: the next outage is news again. */
  endOutage(): void {
    this.#report({
      level: 'info',
      code: 'REPLICA_SYNCED',
      message: 'the replica is kept up to date again',
    });
    this.#isTold = false;
    if (this.#from !== undefined) this.#beginAt(this.#from);
  }

  /** There is no data any more. */
  forget(): void {
    this.#from = undefined;
    this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #beginAt(moment: number, leastMs = 0): void {
    this.stop();
    this.#from = moment;
    if (this.#isTold) return;
    const leftMs = Math.max(leastMs, moment + this.#maxStalenessMs - performance.now());
    this.#timer = setTimeout(() => this.#tell(), leftMs).unref();
  }

  #tell(): void {
    this.#isTold = true;
    const message = `no sync of the replica has succeeded for ${this.#maxStalenessMs} ms: it goes on serving, and health answers say degraded`;
    this.#report({ level: 'warning', code: 'REPLICA_STALE', message });
  }
}
