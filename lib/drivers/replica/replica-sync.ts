import type { Replicated } from '@libsql/core/api';
import { createDeadline, narrowDeadline, type Deadline } from '../../async/deadline.js';
import type { DatabaseError } from '../../errors/database-error.js';
import type { ResolvedReplicaOptions } from '../../options/resolved-options.js';
import { DataAge } from './data-age.js';
import { JudgedReads } from './judged-reads.js';
import type { LocalReads } from './local-reads.js';
import { LogBound } from './log-bound.js';
import { PrimaryHistory, type HistoryParts } from './primary-history.js';
import { RebuildPace } from './rebuild-pace.js';
import { ReplicaState } from './replica-state.js';
import type { SyncAnswer } from './sync-child.js';
import { isUselessFile } from './sync-errors.js';
import { SyncLoop } from './sync-loop.js';
import { SyncRunner, type SyncRunnerParts } from './sync-runner.js';

/** What keeps one replica up to date. */
export interface SyncParts extends SyncRunnerParts, HistoryParts {
  readonly options: ResolvedReplicaOptions;
  readonly reads: LocalReads;
}

/** Keeps the file of a replica up to date, and says whether it may be read. */
export class ReplicaSync {
  readonly #parts: SyncParts;
  readonly #loop: SyncLoop;
  readonly #pace = new RebuildPace();
  readonly #closer = new AbortController();
  readonly #runner: SyncRunner;
  readonly #log: LogBound;
  readonly #history: PrimaryHistory;
  readonly #age: DataAge;
  readonly #state: ReplicaState;
  readonly #reads: JudgedReads;
  #opening: Promise<void> | undefined;
  #lastAnswer: SyncAnswer = { frame: undefined, frames: 0 };
  #isPlausible = true;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    const { options, files, report } = parts;
    this.#runner = new SyncRunner(parts, this.#closer.signal);
    this.#log = new LogBound(files, report, () => this.wake());
    this.#history = new PrimaryHistory(parts);
    this.#age = new DataAge(options.maxStalenessMs, report);
    this.#state = new ReplicaState(report);
    this.#reads = new JudgedReads(parts.reads, this.#state);
    this.#loop = new SyncLoop(() => this.#round(), options.syncIntervalMs);
  }

  get state(): ReplicaState['now'] {
    return this.#state.now;
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
    return {
      historyId: this.#history.id,
      rebuilds: this.#pace.count,
      lastSyncAt: this.#age.lastSyncAt,
      lastSyncError: this.#loop.lastErrorCode,
      ageMs: this.#age.ms,
    };
  }

  /**
   * Takes the lock of the file, and the file itself when it is as the last process left it.
   * @throws ConfigurationError `REPLICA_IN_USE`
   */
  open(deadline: Deadline): Promise<void> {
    const bounded = narrowDeadline(deadline, Infinity, this.#closer.signal);
    return (this.#opening = this.#open(bounded).finally(() => (this.#opening = undefined)));
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

  /** An answer of the primary does not fit to what was applied. Until that is clear, by a round at once or by the next, nobody reads the file. */
  doubt(asksAtOnce = true): void {
    this.#history.doubt();
    this.#state.doubt();
    if (asksAtOnce) this.wake();
  }

  /** The primary has taken a write at a position that was applied before: of a log that it has no more. */
  refute(): void {
    this.#state.break('the primary has lost what was applied: it was restored');
    this.#loop.wake();
  }

  /** Reading the file failed. */
  onReadError(error: DatabaseError): void {
    if (this.#reads.onError(error)) this.#loop.wake();
  }

  /** Ends the process: while it opens at once, in the middle of a sync after a second. Never throws. */
  async close(): Promise<void> {
    const closed = this.#loop.close();
    const timer = setTimeout(() => this.#closer.abort(), this.#opening === undefined ? 1_000 : 0);
    await Promise.all([closed, this.#opening?.catch(() => undefined)]);
    clearTimeout(timer);
    this.#closer.abort();
    this.#age.stop();
    this.#state.close();
    await this.#runner.close();
    await this.#parts.reads.close();
  }

  async #open(deadline: Deadline): Promise<void> {
    const { files, freshness } = this.#parts;
    await this.#runner.open(deadline);
    if (await files.areAbsent()) return;
    const known = await files.recall();
    if (known === undefined) return this.#state.break('its files are not as the last sync left them');
    freshness.frame = known.frame;
    freshness.namesFrames = known.namesFrames;
    this.#history.adopt(known.historyId);
    this.#age.adopt(known.syncedAt);
    await this.#openReads();
  }

  async #round(): Promise<void> {
    const { files, freshness } = this.#parts;
    const wasAway = this.isAway;
    try {
      await this.#runner.hold();
      const { brokenBy } = this.#state;
      if (brokenBy !== undefined) await this.#rebuild(brokenBy);
      else if (!(await files.areUntouched())) await this.#rebuild('somebody else has changed its files');
      if (this.#history.mustAsk) {
        await this.#rebuildIfLost();
        // it does answer: until the sync that follows has shown which log it has, reads go there
        this.#state.check();
      }
      await this.#syncAndSettle();
      // a sync that brings nothing says that nothing is missing, also when the primary has less than was applied
      const isSilent = this.#lastAnswer.frames === 0 && !freshness.isConfirmed;
      if (isSilent && (await this.#rebuildIfLost())) await this.#syncAndSettle();
      if (await this.#log.apply(this.#closer.signal)) await this.#remember();
      if (wasAway) this.#age.endOutage();
    } catch (error) {
      await this.#onFailure(error, wasAway);
      throw error;
    }
  }

  /** @returns true when the primary has lost what was applied, so that nothing of that is left */
  async #rebuildIfLost(): Promise<boolean> {
    const loss = await this.#history.findLoss(this.#closer.signal);
    if (loss !== undefined) await this.#rebuild(loss);
    return loss !== undefined;
  }

  async #syncAndSettle(): Promise<void> {
    const { freshness, files } = this.#parts;
    const begun = await this.#syncOnce();
    const { frame = -1n } = this.#lastAnswer;
    const historyId = await files.readHistoryId();
    if (this.#history.hasBegunAnew(historyId, frame)) {
      await this.#rebuild('the primary has begun another log');
      return this.#syncAndSettle();
    }
    this.#history.settle(historyId);
    const wasPlausible = this.#isPlausible;
    this.#isPlausible = freshness.endSync(begun, frame);
    this.#age.synced(begun.startedAt);
    await this.#remember();
    await this.#openReads();
    // behind an address whose syncs lag it does not help to go on asking at once
    if (!this.#isPlausible) this.doubt(wasPlausible);
  }

  async #syncOnce() {
    try {
      return await this.#runSync();
    } catch (error) {
      if (!isUselessFile(error) || this.#closer.signal.aborted) throw error;
      await this.#rebuild((error as Error).message);
      return await this.#runSync();
    }
  }

  async #runSync() {
    const begun = this.#parts.freshness.beginSync();
    this.#lastAnswer = await this.#runner.sync();
    return begun;
  }

  #openReads(): Promise<void> {
    const deadline = createDeadline(this.#parts.connectTimeoutMs, this.#closer.signal);
    return this.#reads.open(this.#history.isDoubted, deadline);
  }

  /** Nothing of the old file is served any more, so nothing is lost by giving it up before the new one is there. */
  async #rebuild(reason: string): Promise<void> {
    const { files, freshness, reads } = this.#parts;
    this.#state.break(reason);
    this.#pace.take();
    this.#state.beginAnew(reason);
    await files.disown();
    await reads.close();
    freshness.reset();
    this.#history.forget();
    this.#age.forget();
    await this.#runner.reset();
    this.#state.emptied();
  }

  async #onFailure(error: unknown, wasAway: boolean): Promise<void> {
    if (this.#closer.signal.aborted) return;
    this.#history.askAgain();
    const isOther = this.#history.isOther(await this.#parts.files.readHistoryId());
    if (!this.#history.isDoubted && !isOther) this.#state.trustAgain();
    if (isOther) this.#state.break('the primary has begun another log');
    if (isUselessFile(error)) this.#state.break((error as Error).message);
    if (wasAway) return;
    const message = `the replica is not kept up to date: ${(error as Error).message}`;
    this.#parts.report({ level: 'warning', code: 'REPLICA_SYNC_FAILED', message });
  }

  async #remember(): Promise<void> {
    const { files, freshness } = this.#parts;
    const { frame, namesFrames } = freshness;
    await files.remember({ frame, historyId: this.#history.id, namesFrames, syncedAt: Date.now() });
  }
}
