import { createDeadline, type Deadline } from '../../async/deadline.js';
import type { HranaClient } from './hrana-client.js';
import type { HranaPipelineAnswer, HranaRequest } from './hrana-protocol.js';
import { guarded } from './steps.js';

/** Longest time for a rollback; the server drops an idle stream after 10 s by itself. */
const rollbackTimeoutMs = 2_000;

const rollback: readonly HranaRequest[] = [
  { type: 'batch', batch: { steps: [guarded('ROLLBACK')] } },
  { type: 'close' },
];

/** One stream of the server. Each answer carries the baton that the next request needs. */
export class HranaStream {
  readonly #client: HranaClient;
  #baton: string | null = null;
  #late: Promise<HranaPipelineAnswer> | undefined;

  constructor(client: HranaClient) {
    this.#client = client;
  }

  /** @throws DatabaseError */
  async send(requests: readonly HranaRequest[], deadline: Deadline): Promise<HranaPipelineAnswer> {
    this.#late = undefined;
    const answer = await this.#client.send(requests, this.#baton, deadline, (late) => {
      // nobody may ever roll back behind it
      late.catch(() => undefined);
      this.#late = late;
    });
    this.#baton = answer.baton;
    return answer;
  }

  /**
   * Rolls back what is open and closes the stream, also behind a request that failed: the late answer to it brings the baton, and
   * when it never arrived the one before still holds. Without this the server keeps the lock until another writer has waited 5 s.
   * @throws DatabaseError when the server did not take it within 2 s
   */
  async rollback(): Promise<void> {
    const deadline = createDeadline(rollbackTimeoutMs);
    // a late answer that does not come either leaves the baton as it was
    const late = await this.#late?.catch(() => undefined);
    if (late !== undefined) this.#baton = late.baton;
    if (this.#baton === null) return;
    await this.#client.send(rollback, this.#baton, deadline);
  }
}
