import type { ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { FifoGate, Release } from '../../async/fifo-gate.js';
import { runOutside } from '../../async/run-outside.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { HranaClient } from './hrana-client.js';
import type { HranaResult } from './hrana-protocol.js';
import { tooLongCode } from './http-transport.js';
import { SharedRequest, type Member } from './shared-request.js';
import { autocommitStatement } from './steps.js';

/** What a lane needs of its connection. */
export interface LaneParts {
  readonly client: HranaClient;
  /** What a request holds while it is on its way, in the order in which it asks. */
  readonly gates: readonly FifoGate[];
  /** Nobody joins a request behind which somebody else has asked at the first gate: who comes first goes first. */
  readonly keepsOrder: boolean;
  /** Whether a statement may share a request with others, by their texts. */
  readonly mayJoin: (texts: ReadonlySet<string>, statement: Statement) => boolean;
  /** A longer answer is not read: its statements run alone. */
  readonly maxAnswerBytes: number;
  /** Reads the answer to one statement. @throws DatabaseError, IntegerRangeError */
  readonly read: (
    statement: Statement,
    result: HranaResult | undefined,
    isLong: boolean,
  ) => ResultSet | undefined;
  /** Runs a statement in a request of its own. */
  readonly runAlone: (statement: Statement, deadline: Deadline) => Promise<ResultSet>;
  /** The answer was too long to be read. */
  readonly onTooLong: (statement: Statement) => void;
  /** The request has no answer, or none of a server that works. */
  readonly onLost: (statement: Statement) => void;
}

/** Statements that share a request at most: more make the answer come later, and no call is cheaper for it. */
const maxMembers = 32;

/**
 * Callers of one kind who come within one tick, or while all places are taken, share a request. Each statement stands by itself there:
 * it commits or fails alone.
 */
export class SharedLane {
  readonly #parts: LaneParts;
  readonly #unsent = new Set<SharedRequest>();
  #collecting: SharedRequest | undefined;
  #asked = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Callers that wait, beside one for each request, which its gates count. */
  get waiting(): number {
    let waiting = 0;
    for (const request of this.#unsent) waiting += Math.max(0, request.waiting - 1);
    return waiting;
  }

  run(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const step = autocommitStatement(statement);
    return new Promise((resolve, reject) => {
      this.#request(statement).add({ statement, step, deadline, resolve, reject });
    });
  }

  #request(statement: Statement): SharedRequest {
    const request = this.#collecting;
    const { gates, keepsOrder, mayJoin } = this.#parts;
    const [gate] = gates as readonly [FifoGate];
    if (request === undefined || request.isOver || request.isSent || request.size >= maxMembers)
      return this.#begin(gate);
    if (keepsOrder && gate.asked !== this.#asked) return this.#begin(gate);
    return mayJoin(request.texts, statement) ? request : this.#begin(gate);
  }

  #begin(gate: FifoGate): SharedRequest {
    const request = new SharedRequest(this.#parts.client, gate);
    this.#collecting = request;
    this.#unsent.add(request);
    runOutside(() => {
      const { deadline } = request;
      const first = gate.acquire(deadline);
      process.nextTick(() => void this.#send(request, first, deadline));
    });
    this.#asked = gate.asked;
    return request;
  }

  async #send(request: SharedRequest, first: Promise<Release>, deadline: Deadline): Promise<void> {
    const releases: Release[] = [];
    try {
      releases.push(await first);
      for (const gate of this.#parts.gates.slice(1)) releases.push(await gate.acquire(deadline));
    } catch {
      // nobody waits any more: everybody was told
      this.#leave(request, releases);
      return;
    }
    this.#unsent.delete(request);
    await request.send(
      this.#parts.maxAnswerBytes,
      (member, result, isLong) => this.#settle(member, result, isLong),
      (error, members) => this.#takeOver(error, members),
    );
    this.#leave(request, releases);
  }

  #leave(request: SharedRequest, releases: readonly Release[]): void {
    this.#unsent.delete(request);
    for (const release of releases.toReversed()) release();
  }

  #settle(member: Member, result: HranaResult | undefined, isLong: boolean): void {
    const { statement, deadline, resolve, reject } = member;
    try {
      // a step that did not run found itself in somebody's transaction
      resolve(this.#parts.read(statement, result, isLong) ?? this.#parts.runAlone(statement, deadline));
    } catch (error) {
      reject(error);
    }
  }

  #takeOver(error: unknown, members: readonly Member[]): boolean {
    if (!(error instanceof DatabaseError) || error.code !== tooLongCode) {
      if (isLost(error)) for (const { statement } of members) this.#parts.onLost(statement);
      return false;
    }
    for (const { statement, deadline, resolve } of members) {
      this.#parts.onTooLong(statement);
      resolve(this.#parts.runAlone(statement, deadline));
    }
    return true;
  }
}

/** It may be the fault of what was asked: a statement can take the server down, or get an error for all that share its request. */
export function isLost(error: unknown): boolean {
  return error instanceof DatabaseError && error.kind === 'unavailable' && error.outcome === 'unknown';
}
