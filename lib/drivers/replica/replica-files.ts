import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

/** Suffixes of what belongs to a replica: the database, its log, libSQL's own metadata. The lock is not among them. */
export const replicaSuffixes = ['', '-wal', '-shm', '-client_wal_index', '-info', '-state.json'] as const;

/** What the files looked like after a sync, so that a later look tells whether somebody else has touched them. */
interface FilesState {
  readonly version: 1;
  /** Of the address of the primary. */
  readonly primary: string;
  /** `-1` for a primary without a single frame. */
  readonly frame: string;
  readonly historyId: string;
  /** The primary has named positions in its log. */
  readonly namesFrames: boolean;
  /** Milliseconds since 1970. */
  readonly syncedAt: number;
  /** Device, inode, size and time of the last change. */
  readonly database: string;
  readonly log: LogState | undefined;
}

/** The log is only ever appended to, until SQLite begins it anew with other salts. */
interface LogState {
  readonly inode: string;
  readonly size: number;
  /** When it was last written: from its beginning on again, it does not get longer. */
  readonly writtenAt: string;
  readonly salts: string;
}

/** What a replica that is still good was brought to. */
export interface KnownFiles {
  readonly frame: bigint;
  readonly historyId: string;
  readonly namesFrames: boolean;
  /** When the sync that brought it there ended, in milliseconds since 1970. */
  readonly syncedAt: number;
}

/** The same of files that may hold nothing yet. */
interface SyncedFiles extends Omit<KnownFiles, 'frame' | 'historyId'> {
  readonly frame: bigint | undefined;
  readonly historyId: string | undefined;
}

/**
 * The files of one replica. The database itself is looked at with `stat` only: whoever opens it by hand drops the locks that SQLite
 * holds on it. Nothing locks the log or the metadata, so these are read.
 */
export class ReplicaFiles {
  readonly path: string;
  readonly #primary: string;
  #state: FilesState | undefined;

  /** @param address of the primary, without credentials */
  constructor(path: string, address: string) {
    this.path = path;
    this.#primary = createHash('sha256').update(address).digest('hex');
  }

  /** Reads what the last sync of an earlier process left. @returns undefined unless every file is as it was then */
  async recall(): Promise<KnownFiles | undefined> {
    const text = await readFile(`${this.path}-state.json`, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    this.#state = parseState(text);
    // it may have been killed after a sync, before it told of it
    if (this.#state?.primary !== this.#primary || !(await this.areUntouched('or-longer'))) return undefined;
    this.#state = { ...this.#state, log: await this.#lookAtLog() };
    const { frame, historyId, namesFrames, syncedAt } = this.#state;
    return { frame: BigInt(frame), historyId, namesFrames, syncedAt };
  }

  /** Keeps how the files look after a sync; before the first there is nothing to keep. Between syncs nobody changes them. */
  async remember({ frame, historyId, namesFrames, syncedAt }: SyncedFiles): Promise<void> {
    const database = await this.#lookAtDatabase();
    if (database === undefined || frame === undefined || historyId === undefined) return;
    const state: FilesState = {
      version: 1,
      primary: this.#primary,
      frame: String(frame),
      historyId,
      namesFrames,
      syncedAt,
      database,
      log: await this.#lookAtLog(),
    };
    // an old time is no harm: the data is said to be older than it is
    if (
      this.#state !== undefined &&
      isDeepStrictEqual({ ...this.#state, syncedAt: 0 }, { ...state, syncedAt: 0 })
    )
      return;
    this.#state = state;
    const written = `${this.path}-state.json.new`;
    await writeFile(written, JSON.stringify(state));
    await rename(written, `${this.path}-state.json`);
  }

  /**
   * False when a file was removed, replaced, cut or written by somebody else since the last `remember`.
   * @param length of the log: whether it may hold more than then
   */
  async areUntouched(length: 'same' | 'or-longer' = 'same'): Promise<boolean> {
    const state = this.#state;
    if (state === undefined) return true;
    const [database, log, historyId] = await Promise.all([
      this.#lookAtDatabase(),
      this.#lookAtLog(),
      this.readHistoryId(),
    ]);
    if (database !== state.database || historyId !== state.historyId) return false;
    // an empty log holds nothing that could be missed
    if (state.log === undefined || state.log.size === 0) return true;
    if (log?.inode !== state.log.inode || log.salts !== state.log.salts) return false;
    if (length === 'or-longer') return log.size >= state.log.size;
    return log.size === state.log.size && log.writtenAt === state.log.writtenAt;
  }

  /** The next look compares with how they are now: a sync that failed may have left more than it told of. Until then nobody changes them. */
  async lookAgain(): Promise<void> {
    const [database, log, historyId] = await Promise.all([
      this.#lookAtDatabase(),
      this.#lookAtLog(),
      this.readHistoryId(),
    ]);
    if (this.#state === undefined || database === undefined || historyId === undefined) return;
    this.#state = { ...this.#state, database, log, historyId };
  }

  /** Names the log of the primary: libSQL writes it down before it applies the first frame of another one. */
  async readHistoryId(): Promise<string | undefined> {
    const bytes = await readFile(`${this.path}-client_wal_index`).catch(() => undefined);
    return bytes === undefined || bytes.length < 16 ? undefined : bytes.subarray(0, 16).toString('hex');
  }

  /** Size of the log in bytes. */
  async logSize(): Promise<number> {
    return (await look(`${this.path}-wal`))?.size ?? 0;
  }

  /** Grows as long as a sync makes progress. */
  async totalSize(): Promise<number> {
    return ((await look(this.path))?.size ?? 0) + (await this.logSize());
  }

  /** True when nothing stands there yet. */
  async areAbsent(): Promise<boolean> {
    const found = await Promise.all(replicaSuffixes.map((suffix) => look(this.path + suffix)));
    return found.every((file) => file === undefined);
  }

  /** From now on nobody takes the files for good. */
  async disown(): Promise<void> {
    this.#state = undefined;
    await rm(`${this.path}-state.json`, { force: true });
  }

  async #lookAtDatabase(): Promise<string | undefined> {
    const found = await stat(this.path, { bigint: true }).catch(() => undefined);
    return found && [found.dev, found.ino, found.size, found.mtimeNs].join(':');
  }

  async #lookAtLog(): Promise<LogState | undefined> {
    const path = `${this.path}-wal`;
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined) return undefined;
    const { dev, ino, size, mtimeNs } = found;
    const salts = await readSalts(path);
    return { inode: `${dev}:${ino}`, size: Number(size), writtenAt: String(mtimeNs), salts };
  }
}

function look(path: string) {
  return stat(path).catch(() => undefined);
}

/** Bytes 16 to 23 of a log: https://sqlite.org/fileformat2.html#the_write_ahead_log */
async function readSalts(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 16);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await file.close();
  }
}

function parseState(text: string): FilesState | undefined {
  try {
    const state = JSON.parse(text) as FilesState;
    return state.version === 1 && /^-?\d+$/.test(state.frame) ? state : undefined;
  } catch {
    return undefined;
  }
}
