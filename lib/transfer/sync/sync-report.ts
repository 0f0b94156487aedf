/** What a sync did to one table. */
export interface TableChange {
  readonly name: string;
  /** How it found out: from the log of the table's triggers, or by comparing digests. */
  readonly method: 'changelog' | 'hash';
  /** Rows that were written, changed ones included. Of a comparison: with the unchanged ones beside them. */
  readonly written: number;
  /**
   * Rows that are gone: the source has no row under their key any more. Of a changelog: also those that came and went since the last
   * sync. Where rows have neither rowid nor key: how many fewer there are.
   */
  readonly removed: number;
}

/** What a sync did. */
export interface SyncReport {
  readonly mode: 'changelog' | 'hash';
  /** Tables that had changed. */
  readonly changes: readonly TableChange[];
  /** Whole time, in milliseconds. */
  readonly durationMs: number;
}
