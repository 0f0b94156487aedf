/** How `connection.backup()` works. */
export interface BackupOptions {
  /**
   * Longest time for the whole backup, in milliseconds.
   * @default the connection's `migrationTimeoutMs`
   */
  readonly timeoutMs?: number;
  /** Ends the backup early; nothing of it stays. */
  readonly signal?: AbortSignal;
  /**
   * Replaces a file that stands there, in one step, unless somebody has it open.
   * @default false
   */
  readonly overwrite?: boolean;
  /**
   * Compares a digest of every table in the copy with that of the database. A copy of a remote database always is. A table
   * whose key needs a collation of the application cannot be: it is named in a report, `BACKUP_NOT_COMPARED`.
   * @default false
   */
  readonly verify?: boolean;
}
