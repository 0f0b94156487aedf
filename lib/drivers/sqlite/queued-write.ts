import type { ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { Guest, Release } from '../../async/fifo-gate.js';
import type { Statement } from '../../contract/statement.js';
import type { SqlClass } from '../../sql/classify-sql.js';
import type { GroupMember } from './group-commit.js';
import type { BoundStatement } from './sqlite-run.js';

/** What a queued write is made of. */
export interface QueuedWriteParts {
  readonly statement: Statement;
  readonly found: SqlClass;
  readonly deadline: Deadline;
  /** Whoever may serve it while it waits: with its own commit, or with a shared one. */
  readonly host: object | undefined;
  readonly serve: (write: QueuedWrite, release: Release) => void;
  readonly resolve: (result: ResultSet) => void;
  readonly reject: (error: unknown) => void;
}

/** A write that waits for the gate, or to be served by whoever has it. */
export class QueuedWrite implements GroupMember, Guest {
  readonly statement: Statement;
  readonly found: SqlClass;
  readonly deadline: Deadline;
  readonly host: object | undefined;
  bound: BoundStatement | undefined = undefined;
  settled: GroupMember['settled'] = undefined;
  readonly #serve: QueuedWriteParts['serve'];
  readonly #resolve: QueuedWriteParts['resolve'];
  readonly #reject: QueuedWriteParts['reject'];

  constructor({ statement, found, deadline, host, serve, resolve, reject }: QueuedWriteParts) {
    this.statement = statement;
    this.found = found;
    this.deadline = deadline;
    this.host = host;
    this.#serve = serve;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onPlace(release: Release): void {
    this.#serve(this, release);
  }

  onRefused(error: Error): void {
    this.#reject(error);
  }

  /** Answers its caller. */
  onServed(): void {
    const { settled } = this;
    if (settled === undefined) this.#reject(new Error('a write ended without an answer'));
    else if ('error' in settled) this.#reject(settled.error);
    else this.#resolve(settled.result);
  }
}
