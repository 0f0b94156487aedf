import type { DatabaseModuleOptions } from '../options/database-module-options.js';
import type { TransferPlan } from './plan/transfer-plan.js';
import type { InvalidTextPolicy } from './source/cell.js';
import type { ProgressListener } from './progress.js';

/** Where to: an address, and what it takes to be let in. */
export type TransferTarget = Pick<
  DatabaseModuleOptions,
  'authToken' | 'tls' | 'remoteEncryptionKey' | 'allowInsecure'
> & { readonly url: string };

/** A self-hosted sqld with `--enable-namespaces`, on this machine. */
export interface FilePlacement {
  /** Path of what it was started with as `--db-path`. */
  readonly dataFolder: string;
  /** Address of what it was started with as `--admin-listen-addr`: `'http://127.0.0.1:8090'`. One that needs a key is refused. */
  readonly adminUrl: string;
  /**
   * Name of the new database, which must not exist.
   * @default the first label of the target's host name
   */
  readonly namespace?: string;
}

/** What `planTransfer`, `copyDatabase` and `verifyTransfer` take. The environment is not read. */
export interface TransferOptions {
  /** Path of the SQLite file. */
  readonly source: string;
  readonly target: TransferTarget;
  /**
   * Text that is no valid UTF-8: `stop` refuses the plan, `blob` stores its bytes as a BLOB, `replace` puts U+FFFD, `keep` stores
   * the bytes as they are (the server then cannot send that text to anybody).
   * @default 'stop'
   */
  readonly invalidUtf8?: InvalidTextPolicy;
  /**
   * Rows that the target refuses: `stop` names the first one, `quarantine` leaves them out and writes their keys to `rejectsFile`.
   * @default 'stop'
   */
  readonly onBadRow?: 'stop' | 'quarantine';
  /**
   * Allows a target that holds other objects, none of which has a name of the source's. They are left alone and not compared, and so
   * are the counters of their AUTOINCREMENT and the target's `user_version`. A resume and a verification need the same.
   * @default false
   */
  readonly intoNonEmpty?: boolean;
  /** @default the source's path with `.rejects.jsonl` behind it */
  readonly rejectsFile?: string;
  /**
   * Where a folder for the snapshot is made, which takes as much room as the source: the source's name with `.transfer` behind it.
   * A resume needs it.
   * @default the folder of the source
   */
  readonly workFolder?: string;
  /**
   * Puts the file itself into the data folder of a self-hosted sqld, as a new namespace, instead of sending rows: for `planTransfer`
   * and `copyDatabase`. It takes along what rows leave behind, and leaves no row out.
   * @default undefined: rows are sent
   */
  readonly viaFile?: FilePlacement;
  /**
   * Longest time for one request, in milliseconds; building an index is one request.
   * @default 600000
   */
  readonly requestTimeoutMs?: number;
  /**
   * How long a server that cannot be reached is tried again before the transfer stops, in milliseconds.
   * @default 60000
   */
  readonly patienceMs?: number;
  /** Stops the transfer between two commits. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** What `copyDatabase` takes. */
export interface CopyOptions extends TransferOptions {
  /**
   * Goes on with an interrupted copy. Where none had begun to load, also because its process was killed, a copy begins.
   * @default false
   */
  readonly resume?: boolean;
  /**
   * Keeps the transfer open behind the copy, for `syncDatabase` and `cutoverDatabase`: until the cut-over the target is marked as
   * incomplete. Not with `intoNonEmpty`.
   * @default false
   */
  readonly keepOpen?: boolean;
  /** Is told the plan before anything is written, where nothing stands against it; it must not throw. A resume has none. */
  readonly onPlan?: (plan: TransferPlan) => void;
}

/** What `syncDatabase` takes. */
export interface SyncOptions extends Omit<TransferOptions, 'intoNonEmpty' | 'viaFile'> {
  /**
   * How it finds out what changed. `changelog` installs triggers in the source that note the keys of rows which change; `hash`
   * compares digests of everything and never touches the source.
   * @default 'changelog' where one is installed, else 'hash'
   */
  readonly mode?: 'changelog' | 'hash';
}

/** What `cutoverDatabase` takes. */
export interface CutoverOptions extends Omit<TransferOptions, 'intoNonEmpty' | 'viaFile'> {
  /** Is told the length of the pause when it is over: from now on the application may start on the target. */
  readonly onPause?: (pauseMs: number) => void;
}

/** What `detachSource` takes. */
export type DetachOptions = Pick<TransferOptions, 'source' | 'workFolder' | 'patienceMs' | 'signal'>;

/** What `pullDatabase` takes. */
export interface PullOptions extends Pick<
  TransferOptions,
  'requestTimeoutMs' | 'patienceMs' | 'signal' | 'onProgress'
> {
  readonly source: TransferTarget;
  /** Path of the new SQLite file. */
  readonly file: string;
  /**
   * Goes on with an interrupted pull if nobody has written to the server since; otherwise it begins again and says so. Where none
   * had begun, a pull begins.
   * @default false
   */
  readonly resume?: boolean;
}
