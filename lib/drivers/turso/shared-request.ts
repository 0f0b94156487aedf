import type { ResultSet } from '@libsql/core/api';
import { createDeadline, remainingMs, type Deadline } from '../../async/deadline.js';
import type { Statement } from '../../contract/statement.js';
import { toOwnError } from '../../errors/database-error.js';
import { createAbortedError } from '../../errors/wait-errors.js';
import type { HranaClient } from './hrana-client.js';
import type { HranaRequest, HranaResult, HranaStep } from './hrana-protocol.js';
import { TransportError } from './transport-error.js';

/** One caller's statement in a shared request. */
export interface Member {
  readonly statement: Statement;
  readonly step: HranaStep;
  readonly deadline: Deadline;
  readonly resolve: (result: ResultSet | Promise<ResultSet>) => void;
  readonly reject: (error: unknown) => void;
}

/** What a shared request waits for before it is sent, for the errors of those who wait in vain. */
export interface Wait {
  readonly doing: string;
  createTimeoutError(timeoutMs: number): Error;
}

/**
 * The statements of several callers on their way to the server together. Each is bounded by its own caller's deadline and signal, which
 * detach only that caller: the request itself is cut when nobody waits for it any more.
 */
export class SharedRequest {
  readonly #client: HranaClient;
  readonly #wait: Wait;
  readonly #members = new Set<Member>();
  readonly #texts = new Set<string>();
  readonly #stopListening = new Map<AbortSignal, () => void>();
  readonly #cut = new AbortController();
  #size = 0;
  #isSent = false;
  #isWritten = false;
  #timer: NodeJS.Timeout | undefined;
  #nextEnd = Infinity;
  #silence: unknown;

  /** @param wait what it waits for until it is sent */
  constructor(client: HranaClient, wait: Wait) {
    this.#client = client;
    this.#wait = wait;
  }

  /** How many statements it took in. */
  get size(): number {
    return this.#size;
  }

  /** The texts of its statements. */
  get texts(): ReadonlySet<string> {
    return this.#texts;
  }

  /** How many callers wait for its being sent. */
  get waiting(): number {
    return this.#isSent ? 0 : this.#members.size;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Nobody waits any more, so it goes nowhere: whoever comes now needs another one. */
  get isOver(): boolean {
    return this.#cut.signal.aborted;
  }

  /** Ends when nobody waits any more. */
  get deadline(): Deadline {
    return createDeadline(Infinity, this.#cut.signal);
  }

  add(member: Member): void {
    this.#members.add(member);
    this.#texts.add(member.statement.sql);
    this.#size++;
    const { signal, expiresAt } = member.deadline;
    if (signal !== undefined && !this.#stopListening.has(signal)) this.#listen(signal);
    if (expiresAt < this.#nextEnd) this.#watch(member.deadline);
  }

  /**
   * Sends what it took in, each statement apart from the others, and hands every caller that still waits its part of the answer. Whoever
   * stops waiting before the connection stands takes his statement along.
   * @param settle reads one part
   * @param onLost is told of a request without an answer; true when it takes the callers over
   */
  async send(
    maxBytes: number,
    settle: (member: Member, result: HranaResult | undefined, isLong: boolean) => void,
    onLost: (error: unknown, members: readonly Member[]) => boolean,
  ): Promise<void> {
    if (this.#members.size === 0) return;
    this.#isSent = true;
    let members: Member[] = [];
    const gather = (): HranaRequest[] => {
      members = [...this.#members];
      this.#isWritten = true;
      this.#silence = undefined;
      return [
        ...members.map(({ step }) => ({ type: 'batch', batch: { steps: [step] } }) as const),
        { type: 'close' },
      ];
    };
    try {
      this.#client.throwIfCut();
      const { results, bytes } = await this.#client.sendGathered(gather, this.deadline, maxBytes);
      for (const [index, member] of members.entries())
        if (this.#members.has(member)) settle(member, results[index], bytes > longAnswerBytes);
    } catch (error) {
      const left = [...this.#members];
      if (!onLost(error, left)) for (const member of left) member.reject(toOwnError(error));
    } finally {
      this.#end();
    }
  }

  #end(): void {
    clearTimeout(this.#timer);
    for (const stop of this.#stopListening.values()) stop();
    this.#members.clear();
  }

  #listen(signal: AbortSignal): void {
    const abort = (): void => {
      for (const member of this.#members)
        if (member.deadline.signal === signal) this.#detach(member, this.#createAbortedError(signal.reason));
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#stopListening.set(signal, () => signal.removeEventListener('abort', abort));
  }

  /** One timer for all, set to the first end of any. */
  #watch(deadline: Deadline): void {
    clearTimeout(this.#timer);
    this.#nextEnd = deadline.expiresAt;
    this.#timer = setTimeout(() => this.#detachLate(), remainingMs(deadline));
  }

  #detachLate(): void {
    this.#nextEnd = Infinity;
    // a timer may be early by a part of a millisecond
    const now = performance.now() + 1;
    let next: Deadline | undefined;
    for (const member of this.#members) {
      const { deadline } = member;
      if (deadline.expiresAt <= now) this.#detach(member, this.#createTimeoutError(deadline.timeoutMs));
      else if (next === undefined || deadline.expiresAt < next.expiresAt) next = deadline;
    }
    if (next !== undefined) this.#watch(next);
  }

  #detach(member: Member, error: unknown): void {
    this.#members.delete(member);
    member.reject(error);
    if (this.#members.size > 0) return;
    this.#cut.abort(error);
    this.#end();
  }

  #createAbortedError(reason: unknown): unknown {
    if (!this.#isSent) return createAbortedError(this.#wait.doing, reason);
    return this.#client.toRequestError(new TransportError('aborted', this.#isWritten, reason));
  }

  /** However many callers a silent server keeps waiting, it is one request without an answer. */
  #createTimeoutError(timeoutMs: number): unknown {
    if (!this.#isSent) return this.#wait.createTimeoutError(timeoutMs);
    this.#silence ??= this.#client.toRequestError(
      new TransportError('timeout', this.#isWritten, undefined, timeoutMs),
    );
    return toOwnError(this.#silence);
  }
}

/** Up to here no single part of an answer is worth measuring. */
const longAnswerBytes = 262_144;
