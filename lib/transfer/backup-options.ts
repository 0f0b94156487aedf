import type { ProgressListener } from './progress.js';
import type { TransferTarget } from './transfer-options.js';

/** What `backupDatabase` and `restoreDatabase` share. */
interface BackupBounds {
  /**
   * Replaces a database that stands there, in one step, unless somebody has it open.
   * @default false
   */
  readonly overwrite?: boolean;
  /**
   * Longest time, in milliseconds.
   * @default Infinity
   */
  readonly timeoutMs?: number;
  /** Ends it early; nothing of it stays. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** What `backupDatabase` takes. The environment is not read. */
export interface BackupDatabaseOptions extends BackupBounds {
  /** Path of a SQLite file, or a server. */
  readonly source: string | TransferTarget;
  /** Path of the copy. */
  readonly file: string;
  /**
   * Compares a digest of every table of a SQLite file with that of the copy. A copy of a server always is compared.
   * @default false
   */
  readonly verify?: boolean;
}

/** What `restoreDatabase` takes. The environment is not read. */
export interface RestoreOptions extends BackupBounds {
  /** Path of the backup. */
  readonly file: string;
  /** Path of the SQLite file that comes to stand there, or a server whose database is empty. */
  readonly target: string | TransferTarget;
}

/** What a backup or the restore of one to a SQLite file did. */
export interface BackupReport {
  /** Path, or host and port. */
  readonly source: string;
  readonly file: string;
  readonly bytes: number;
  /** False where an index needs a function or a collation of the application: SQLite has checked the other tables only. */
  readonly checked: boolean;
  /** Every table whose digest was compared; empty without `verify`. */
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
  /** With `verify`, the tables that were not compared: their key needs a collation of the application, so nobody else can read them. */
  readonly unread: readonly string[];
  /** Whole time, in milliseconds. */
  readonly durationMs: number;
}
