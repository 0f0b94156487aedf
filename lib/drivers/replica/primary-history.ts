import { createDeadline, type Deadline } from '../../async/deadline.js';
import type { Freshness } from './freshness.js';

/** What the history of a primary is told by. */
export interface HistoryParts {
  readonly freshness: Freshness;
  readonly connectTimeoutMs: number;
  /** The primary's position in its log, named by a request that has begun when the call returns. */
  readonly askFrame: (deadline: Deadline) => Promise<bigint | undefined>;
}

/** Without a doubt for so long, one counts again although the log is long enough. Milliseconds. */
const quietMs = 3_600_000;

/** Whether the primary is still the one whose log was applied: it may have been reset, replaced, or restored from a backup. */
export class PrimaryHistory {
  readonly #parts: HistoryParts;
  #id: string | undefined;
  #isDoubted = false;
  #doubtedAt = -Infinity;
  /** Nobody knows which primary answers: at first, and after an outage. */
  #mustAsk = true;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** Names the log whose frames were applied; undefined while there are none. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Something has said that the primary is another one, and nobody has asked since. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  get mustAsk(): boolean {
    return this.#mustAsk || this.#isDoubted;
  }

  /** Of the files as an earlier process has left them. */
  adopt(id: string): void {
    this.#id = id;
  }

  /** Nothing is applied any more. */
  forget(): void {
    this.#id = undefined;
    this.#isDoubted = false;
  }

  doubt(): void {
    this.#isDoubted = true;
  }

  /** After an outage another one may answer. */
  askAgain(): void {
    this.#mustAsk = true;
  }

  /**
   * Asks, and once more before it says that the log is too short: an answer may be older than the sync that it is compared with.
   * @returns why what was applied is not of its log; undefined when nothing says so
   * @throws DatabaseError when the primary does not answer
   */
  async findLoss(signal: AbortSignal): Promise<string | undefined> {
    const isBehind = (await this.#askOnce(signal)) && (await this.#askOnce(signal));
    const wasDoubted = this.#isDoubted;
    this.#isDoubted = false;
    if (isBehind) return 'the log of the primary ends before what was applied: it was restored or reset';
    if (!wasDoubted) return undefined;
    const sinceMs = performance.now() - this.#doubtedAt;
    this.#doubtedAt = performance.now();
    // what was doubted has not become true by what was written since; only at an address whose answers lag it comes again and again
    if (sinceMs < quietMs) return undefined;
    return 'the primary has answered from before what was applied: it was restored, and written to since';
  }

  /** True when a log of this name is not the one whose frames were applied. */
  isOther(id: string | undefined): boolean {
    return this.#id !== undefined && id !== this.#id;
  }

  /**
   * Judges a sync that has succeeded.
   * @returns true when the primary has begun another log
   */
  hasBegunAnew(id: string | undefined, frame: bigint): boolean {
    const { frame: applied } = this.#parts.freshness;
    return this.isOther(id) || (applied !== undefined && frame < applied);
  }

  /** The frames of this log are applied now. */
  settle(id: string | undefined): void {
    this.#id = id;
    this.#mustAsk = false;
  }

  async #askOnce(signal: AbortSignal): Promise<boolean> {
    const { freshness, askFrame, connectTimeoutMs } = this.#parts;
    const index = await freshness.beginAsking(() => askFrame(createDeadline(connectTimeoutMs, signal)));
    freshness.endAsking(index);
    const { frame, namesFrames } = freshness;
    if (frame === undefined || frame < 0n) return false;
    return index === undefined ? namesFrames : index < frame;
  }
}
