import { createDeadline, type Deadline } from '../../async/deadline.js';
import type { Freshness } from './freshness.js';

/** What the history of a primary is told by. */
export interface HistoryParts {
  readonly freshness: Freshness;
  readonly connectTimeoutMs: number;
  /** The primary's position in its log, named by a request that begins now. */
  readonly askFrame: (deadline: Deadline) => Promise<bigint | undefined>;
}

/** Whether the primary is still the one whose log was applied: it may have been reset, replaced, or restored from a backup. */
export class PrimaryHistory {
  readonly #parts: HistoryParts;
  #id: string | undefined;
  #isDoubted = false;
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

  /** Of the files as an earlier process, or a sync, has left them. */
  adopt(id: string | undefined): void {
    this.#id = id;
  }

  doubt(): void {
    this.#isDoubted = true;
  }

  /** After an outage another one may answer. */
  askAgain(): void {
    this.#mustAsk = true;
  }

  /**
   * Asks, and once more before it says yes: an answer may be older than the sync that it is compared with.
   * @returns true when its log ends before what was applied
   * @throws DatabaseError when the primary does not answer
   */
  async isBehind(signal: AbortSignal): Promise<boolean> {
    const isBehind = (await this.#askOnce(signal)) && (await this.#askOnce(signal));
    this.#isDoubted = false;
    return isBehind;
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
    freshness.beginAsking();
    const index = await askFrame(createDeadline(connectTimeoutMs, signal));
    freshness.endAsking(index);
    const { frame, namesFrames } = freshness;
    if (frame === undefined || frame < 0n) return false;
    return index === undefined ? namesFrames : index < frame;
  }
}
