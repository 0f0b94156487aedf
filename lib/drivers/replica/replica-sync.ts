import type { Replicated } from '@libsql/core/api';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import type { Reporter } from '../../contract/driver.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { ResolvedReplicaOptions } from '../../options/resolved-options.js';
import type { Freshness } from './freshness.js';
import { isUnreadableSchema, type LocalReads } from './local-reads.js';
import { LogBound } from './log-bound.js';
import { RebuildPace } from './rebuild-pace.js';
import type { SyncAnswer } from './sync-child.js';
import { createSyncError, isUselessFile } from './sync-errors.js';
import { SyncLoop } from './sync-loop.js';
import { SyncRunner, type SyncRunnerParts } from './sync-runner.js';

/** What keeps one replica up to date. */
export interface SyncParts extends Omit<SyncRunnerParts, 'onProgress'> {
  readonly options: ResolvedReplicaOptions;
  readonly reads: LocalReads;
  readonly freshness: Freshness;
  /** The primary's position in its log, named by a request that begins now. */
  readonly askFrame: (deadline: Deadline) => Promise<bigint | undefined>;
  readonly redact: (text: string) => string;
  readonly report: Reporter;
}

/** Whether reads may trust the file; `ReplicaStatus` says what each means. */
export type ReplicaState = 'building' | 'serving' | 'checking' | 'schema';

/** Until then reads go to the primary, so that those of the old log can end. Milliseconds. */
const logRetryMs = 500;

/** Keeps the file of a replica up to date, and says whether it may be read. */
export class ReplicaSync {
  readonly #parts: SyncParts;
  readonly #loop: SyncLoop;
  readonly #pace = new RebuildPace();
  readonly #closer = new AbortController();
  readonly #runner: SyncRunner;
  readonly #log: LogBound;
  #state: ReplicaState = 'building';
  #historyId: string | undefined;
  /** Something has said that the primary is not the one whose log was applied. */
  #isDoubted = false;
  /** Nobody knows which primary answers: at first, and after an outage. */
  #mustAsk = true;
  #brokenBy: string | undefined;
  #lastAnswer: SyncAnswer = { frame: undefined, frames: 0 };
  #lastSyncAt: Date | undefined;
  #dataFrom: number | undefined;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    const onProgress = (bytes: number): void => this.#onProgress(bytes);
    this.#runner = new SyncRunner({ ...parts, onProgress }, this.#closer.signal);
    this.#log = new LogBound(parts.files);
    this.#loop = new SyncLoop(() => this.#round(), parts.options.syncIntervalMs);
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** The last sync failed: nobody needs to wait for the next one. */
  get isAway(): boolean {
    return this.#loop.failures > 0;
  }

  /** False while the log is to be emptied: a read that begins now would keep it. */
  get mayReadLog(): boolean {
    return this.#log.mayRead;
  }

  get details() {
    const error = this.#loop.lastError;
    return {
      historyId: this.#historyId,
      rebuilds: this.#pace.count,
      lastSyncAt: this.#lastSyncAt,
      lastSyncError:
        error === undefined ? undefined : error instanceof DatabaseError ? error.code : 'UNKNOWN',
      ageMs: this.#dataFrom === undefined ? undefined : Math.round(performance.now() - this.#dataFrom),
    };
  }

  /**
   * Takes the lock of the file, and the file itself when it is as the last process left it.
   * @throws ConfigurationError `REPLICA_IN_USE`
   */
  async open(deadline: Deadline): Promise<void> {
    const { files, freshness } = this.#parts;
    await this.#runner.open(deadline);
    if (await files.areAbsent()) return;
    const known = await files.recall();
    if (known === undefined) {
      this.#brokenBy = 'its files are not as the last sync left them';
      return;
    }
    freshness.frame = known.frame;
    freshness.namesFrames = known.namesFrames;
    this.#historyId = known.historyId;
    this.#dataFrom = performance.now() - Math.max(0, Date.now() - known.syncedAt);
    await this.#openReads();
  }

  /** Asks for a sync that begins from now on, as soon as failures allow. */
  wake(): void {
    this.#loop.wake();
  }

  /** Resolves when the next sync to end has ended, well or not. */
  next(deadline: Deadline): Promise<void> {
    return this.#loop.next(deadline);
  }

  /** @throws DatabaseError of the sync */
  async sync(deadline: Deadline): Promise<Replicated> {
    await this.#loop.run(deadline);
    const { frame, frames } = this.#lastAnswer;
    return frame === undefined ? undefined : { frame_no: Number(frame), frames_synced: frames };
  }

  /** An answer of the primary does not fit to what was applied. Until that is clear, nobody reads the file. */
  doubt(): void {
    this.#isDoubted = true;
    if (this.#state === 'serving') this.#state = 'checking';
    this.#loop.wake();
  }

  /** Reading the file failed. */
  onReadError(error: DatabaseError): void {
    if (this.#state === 'building' || this.#state === 'schema') return;
    if (isUnreadableSchema(error)) {
      this.#onUnreadableSchema();
      return;
    }
    this.#brokenBy = `reading it failed (${error.code})`;
    this.#state = 'building';
    this.#loop.wake();
  }

  /** Ends the process, after a second also in the middle of a sync. Never throws. */
  async close(): Promise<void> {
    const closed = this.#loop.close();
    const timer = setTimeout(() => this.#closer.abort(), 1_000);
    await closed;
    clearTimeout(timer);
    this.#closer.abort();
    this.#state = 'building';
    await this.#runner.close();
    await this.#parts.reads.close();
  }

  async #round(): Promise<void> {
    const { files } = this.#parts;
    const wasAway = this.isAway;
    try {
      if (this.#brokenBy !== undefined) await this.#rebuild(this.#brokenBy);
      else if (!(await files.areUntouched())) await this.#rebuild('somebody else has changed its files');
      if (this.#mustAsk || this.#isDoubted) await this.#askHistory();
      await this.#syncAndSettle();
      if (wasAway) this.#report('info', 'REPLICA_SYNCED', 'the replica is kept up to date again');
      await this.#boundLog();
    } catch (error) {
      await this.#onFailure(error, wasAway);
      throw error;
    }
  }

  /** Until the sync that follows has shown which log the primary has, reads go to the primary itself: it does answer. */
  async #askHistory(): Promise<void> {
    const isBehind = (await this.#isBehind()) && (await this.#isBehind());
    this.#isDoubted = false;
    if (this.#state === 'serving') this.#state = 'checking';
    if (isBehind)
      await this.#rebuild('the log of the primary ends before what was applied: it was restored or reset');
  }

  async #isBehind(): Promise<boolean> {
    const { freshness, askFrame, connectTimeoutMs } = this.#parts;
    freshness.beginAsking();
    const index = await askFrame(createDeadline(connectTimeoutMs, this.#closer.signal));
    freshness.endAsking(index);
    const { frame, namesFrames } = freshness;
    if (frame === undefined || frame < 0n) return false;
    return index === undefined ? namesFrames : index < frame;
  }

  async #syncAndSettle(): Promise<void> {
    const { freshness, files } = this.#parts;
    const began = performance.now();
    const number = freshness.beginSync();
    const { needed } = freshness;
    const answer = await this.#syncOnce();
    const frame = answer.frame ?? -1n;
    const historyId = await files.readHistoryId();
    const isOther = this.#historyId !== undefined && historyId !== this.#historyId;
    if (isOther || (freshness.frame !== undefined && frame < freshness.frame)) {
      await this.#rebuild('the primary has begun another log');
      return this.#syncAndSettle();
    }
    this.#historyId = historyId;
    this.#mustAsk = false;
    const isPlausible = freshness.endSync(number, frame, needed);
    this.#lastAnswer = answer;
    this.#lastSyncAt = new Date();
    this.#dataFrom = began;
    await this.#remember();
    await this.#openReads();
    if (!isPlausible) this.doubt();
  }

  async #syncOnce(): Promise<SyncAnswer> {
    try {
      return await this.#runner.sync();
    } catch (error) {
      if (!isUselessFile(error) || this.#closer.signal.aborted) throw error;
      await this.#rebuild(`libSQL refuses it: ${this.#parts.redact((error as Error).message)}`);
      return await this.#runner.sync();
    }
  }

  async #openReads(): Promise<void> {
    const { reads, connectTimeoutMs } = this.#parts;
    try {
      await reads.open(createDeadline(connectTimeoutMs));
      if (this.#isDoubted || this.#brokenBy !== undefined) return;
      if (this.#state === 'building')
        this.#report('info', 'REPLICA_READY', 'reads are answered by the replica');
      this.#state = 'serving';
    } catch (error) {
      if (isUnreadableSchema(error)) this.#onUnreadableSchema();
      else if (error instanceof DatabaseError) throw createSyncError(`it is corrupt: ${error.message}`);
      else throw error;
    }
  }

  #onUnreadableSchema(): void {
    if (this.#state !== 'schema')
      this.#report(
        'warning',
        'REPLICA_SCHEMA',
        'the schema has something that only libSQL can read, so reads go to the primary',
      );
    this.#state = 'schema';
    void this.#parts.reads.close();
  }

  /** Nothing of the old file is served any more, so nothing is lost by giving it up before the new one is there. */
  async #rebuild(reason: string): Promise<void> {
    const { files, freshness, reads } = this.#parts;
    this.#state = 'building';
    this.#brokenBy = reason;
    this.#pace.take();
    this.#report('warning', 'REPLICA_REBUILT', `the replica is thrown away and filled anew: ${reason}`);
    await files.disown();
    await reads.close();
    freshness.frame = undefined;
    this.#historyId = undefined;
    this.#dataFrom = undefined;
    await this.#runner.reset();
    this.#brokenBy = undefined;
  }

  async #onFailure(error: unknown, wasAway: boolean): Promise<void> {
    if (this.#closer.signal.aborted) return;
    const { files, redact } = this.#parts;
    this.#mustAsk = true;
    const historyId = await files.readHistoryId();
    if (this.#state === 'checking' && !this.#isDoubted && historyId === this.#historyId)
      this.#state = 'serving';
    if (this.#historyId !== undefined && historyId !== this.#historyId)
      this.#brokenBy ??= 'the primary has begun another log';
    if (this.#brokenBy !== undefined) this.#state = 'building';
    if (wasAway) return;
    const { message } = error as Error;
    this.#report('warning', 'REPLICA_SYNC_FAILED', `the replica is not kept up to date: ${redact(message)}`);
  }

  async #boundLog(): Promise<void> {
    const wasPatient = this.#log.mayRead;
    const became = await this.#log.apply(this.#closer.signal);
    if (became === 'small') return;
    await this.#remember();
    if (became === 'emptied') return;
    setTimeout(() => this.#loop.wake(), logRetryMs).unref();
    if (!wasPatient) return;
    const message =
      'a long read keeps the log of the replica from being emptied; until it is, reads go to the primary';
    this.#report('warning', 'REPLICA_LOG_LARGE', message);
  }

  async #remember(): Promise<void> {
    const { files, freshness } = this.#parts;
    const { frame, namesFrames } = freshness;
    const historyId = this.#historyId;
    if (frame !== undefined && historyId !== undefined)
      await files.remember({ frame, historyId, namesFrames, syncedAt: Date.now() });
  }

  #onProgress(bytes: number): void {
    const size = Math.round(bytes / 1_048_576);
    this.#report('info', 'REPLICA_SYNCING', `a long sync goes on: the replica has ${size} MB`);
  }

  #report(level: 'info' | 'warning', code: string, message: string): void {
    this.#parts.report({ level, code, message });
  }
}
