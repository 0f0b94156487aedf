import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isEmpty, lookAtFiles, readHistoryId, type FilesLook } from './files-look.js';
import { isDatabaseCut, isLogCut } from './is-cut.js';
import { createHarmError } from './sync-errors.js';

/** Suffixes of what belongs to a replica: the database, its log, libSQL's own metadata. The lock is not among them. */
export const replicaSuffixes = ['', '-wal', '-shm', '-client_wal_index', '-info', '-state.json'] as const;

/** What is kept of a sync, so that the next process can tell whether somebody else has touched the files since. */
interface FilesState {
  readonly version: 2;
  /** Of the address of the primary. */
  readonly primary: string;
  /** `-1` for a primary without a single frame. */
  readonly frame: string;
  readonly historyId: string;
  /** The primary has named positions in its log. */
  readonly namesFrames: boolean;
  /** Milliseconds since 1970. */
  readonly syncedAt: number;
  readonly look: FilesLook;
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

/** The files of one replica, which only its sync may change. */
export class ReplicaFiles {
  readonly path: string;
  readonly #primary: string;
  /** The last look; before the first sync, and when nobody takes the files for good, there is none. */
  #seen: FilesLook | undefined;
  #isHarmed = false;
  /** What stands in the note. */
  #noted: FilesState | undefined;

  /** @param address of the primary, without credentials */
  constructor(path: string, address: string) {
    this.path = path;
    this.#primary = createHash('sha256').update(address).digest('hex');
  }

  /** Reads what the last sync of an earlier process left. @returns undefined unless every file is as it was then */
  async recall(): Promise<KnownFiles | undefined> {
    const text = await readFile(`${this.path}-state.json`, 'utf8').catch(() => undefined);
    const state = text === undefined ? undefined : parseState(text);
    if (state?.primary !== this.#primary) return undefined;
    const look = await lookAtFiles(this.path);
    // it may have been killed after a sync, before it told of it
    const isLonger = state.look.log?.salts === look.log?.salts && !isLogCut(state.look, look);
    const log = isLonger ? state.look.log : look.log;
    if (!isSame(state.look, { ...look, log })) return undefined;
    this.#seen = look;
    this.#noted = state;
    const { frame, historyId, namesFrames, syncedAt } = state;
    return { frame: BigInt(frame), historyId, namesFrames, syncedAt };
  }

  /** Notes how the files have looked after a sync; before the first there is nothing to note. */
  async remember({ frame, historyId, namesFrames, syncedAt }: SyncedFiles): Promise<void> {
    const look = this.#seen;
    if (look?.database === undefined || frame === undefined || historyId === undefined) return;
    const state: FilesState = {
      version: 2,
      primary: this.#primary,
      frame: String(frame),
      historyId,
      namesFrames,
      syncedAt,
      look,
    };
    // an old time is no harm: the data is said to be older than it is
    if (isDeepStrictEqual({ ...this.#noted, syncedAt: 0 }, { ...state, syncedAt: 0 })) return;
    const written = `${this.path}-state.json.new`;
    await writeFile(written, JSON.stringify(state));
    await rename(written, `${this.path}-state.json`);
    this.#noted = state;
  }

  /** False when a file was removed, replaced, cut or written by somebody else since the last look; nobody syncs meanwhile. */
  async areUntouched(): Promise<boolean> {
    if (this.#isHarmed) return false;
    return this.#seen === undefined || isSame(this.#seen, await lookAtFiles(this.path));
  }

  /**
   * Looks while a sync goes on.
   * @throws DatabaseError `REPLICA_CORRUPT` when somebody else has cut the log meanwhile
   */
  async lookDuringSync(): Promise<FilesLook> {
    const after = await lookAtFiles(this.path);
    this.#compareLog(after, false);
    // the database is compared when it is at rest
    this.#seen = { ...after, database: this.#seen?.database };
    return after;
  }

  /**
   * Looks when a sync has ended, well or not, or the log was emptied. From now on nobody changes the files.
   * @throws DatabaseError `REPLICA_CORRUPT` when that has not made of them what they are
   */
  async lookAgain(mayBeEmpty = false): Promise<void> {
    const after = await lookAtFiles(this.path);
    this.#compareLog(after, mayBeEmpty);
    const before = this.#seen;
    if (before !== undefined && isOfOneLog(before, after) && (await isDatabaseCut(this.path, before, after)))
      this.#giveUp();
    this.#seen = after;
  }

  #compareLog(after: FilesLook, mayBeEmpty: boolean): void {
    const before = this.#seen;
    const isCut = before !== undefined && isOfOneLog(before, after) && isLogCut(before, after, mayBeEmpty);
    if (isCut || this.#isHarmed) this.#giveUp();
  }

  #giveUp(): never {
    this.#isHarmed = true;
    throw createHarmError();
  }

  /** Names the log of the primary whose frames were applied. */
  readHistoryId(): Promise<string | undefined> {
    return readHistoryId(this.path);
  }

  /** Size of the log in bytes. */
  async logSize(): Promise<number> {
    return (await stat(`${this.path}-wal`).catch(() => undefined))?.size ?? 0;
  }

  /** True when nothing stands there yet. */
  async areAbsent(): Promise<boolean> {
    const found = replicaSuffixes.map((suffix) => stat(this.path + suffix).catch(() => undefined));
    return (await Promise.all(found)).every((file) => file === undefined);
  }

  /** From now on nobody takes the files for good. */
  async disown(): Promise<void> {
    this.#seen = this.#noted = undefined;
    this.#isHarmed = false;
    await rm(`${this.path}-state.json`, { force: true });
  }
}

/** Nobody has touched them. An empty log holds nothing that could be missed. */
function isSame(before: FilesLook, after: FilesLook): boolean {
  if (!isDeepStrictEqual(before.database, after.database) || before.historyId !== after.historyId)
    return false;
  return isEmpty(before.log) || isDeepStrictEqual(before.log, after.log);
}

/** Of the log of one primary: for that of another libSQL fills them anew. */
function isOfOneLog(before: FilesLook, after: FilesLook): boolean {
  return before.historyId !== undefined && before.historyId === after.historyId;
}

/** A note that somebody has changed is no note: its numbers are told to people, and decide what is served. */
function parseState(text: string): FilesState | undefined {
  try {
    const state = JSON.parse(text) as FilesState;
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

function isState({ version, frame, historyId, namesFrames, syncedAt, look }: FilesState): boolean {
  const isWhole = [frame, historyId].every((part) => typeof part === 'string') && isLook(look);
  const isTime = Number.isSafeInteger(syncedAt) && syncedAt >= 0;
  return version === 2 && isWhole && isTime && typeof namesFrames === 'boolean' && /^-?\d+$/.test(frame);
}

function isLook({ log }: FilesLook): boolean {
  return log === undefined || Number.isSafeInteger(log.size);
}
