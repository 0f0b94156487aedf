import { createDeadline } from '../../async/deadline.js';
import { HranaClient } from '../../drivers/turso/hrana-client.js';
import type {
  HranaBatchResult,
  HranaRequest,
  HranaStatement,
  HranaStatementResult,
  HranaStep,
  HranaValue,
} from '../../drivers/turso/hrana-protocol.js';
import { takeResponse } from '../../drivers/turso/read-results.js';
import type { DatabaseError } from '../../errors/database-error.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { Patience } from './patience.js';

/** One result of several questions: what it answered, or why it was refused. */
export type Answer =
  | { readonly result: HranaStatementResult; readonly error?: undefined }
  | { readonly error: DatabaseError; readonly result?: undefined };

/** Commits on their way to the target at once. */
export const maxInFlight = 3;

/** One more for what is read meanwhile, and one to close what was read. */
const maxSockets = maxInFlight + 2;

/** The server that a transfer writes to. Reads are tried again while the server cannot be reached; writes never are. */
export class TargetDatabase {
  readonly client: HranaClient;
  readonly options: ResolvedTransferOptions;

  constructor(options: ResolvedTransferOptions) {
    this.options = options;
    this.client = new HranaClient(options.target, options.connectTimeoutMs, maxSockets);
  }

  /** @throws DatabaseError of the statement, or when the server stays away for longer than `patienceMs` */
  async query(sql: string, args: readonly HranaValue[] = []): Promise<readonly (readonly HranaValue[])[]> {
    const [answer] = await this.queryEach([{ sql, args, want_rows: true }]);
    if (answer?.result === undefined) throw answer?.error as DatabaseError;
    return answer.result.rows;
  }

  /** The server's count of changes, where it tells one. */
  async readReplicationIndex(): Promise<string | undefined> {
    const [answer] = await this.queryEach([{ sql: 'SELECT 1', want_rows: true }]);
    if (answer?.result === undefined) throw answer?.error as DatabaseError;
    const { replication_index: index } = answer.result as { replication_index?: unknown };
    return toIndex(index);
  }

  /** Asks several questions in one request; each is answered or refused alone. */
  async queryEach(statements: readonly HranaStatement[]): Promise<Answer[]> {
    const requests: HranaRequest[] = statements.map((stmt) => ({ type: 'execute', stmt }));
    const answer = await this.#read([...requests, { type: 'close' }]);
    return statements.map((_, index) => {
      const result = answer.results[index];
      if (result?.type === 'error') return { error: this.client.toStatementError(result.error) };
      return { result: takeResponse(this.client, answer, index, 'execute').result };
    });
  }

  /** Runs several batches in one request, each apart; for those that cannot change anything. */
  async readBatches(
    batches: readonly (readonly HranaStep[])[],
  ): Promise<(HranaBatchResult | DatabaseError)[]> {
    const requests: HranaRequest[] = batches.map((steps) => ({ type: 'batch', batch: { steps } }));
    const answer = await this.#read([...requests, { type: 'close' }]);
    return batches.map((_, index) => {
      const result = answer.results[index];
      if (result?.type === 'error') return this.client.toStatementError(result.error);
      return takeResponse(this.client, answer, index, 'batch').result;
    });
  }

  /**
   * Runs one batch, once.
   * @throws DatabaseError whose outcome says whether it may have been applied
   */
  async write(steps: readonly HranaStep[]): Promise<HranaBatchResult> {
    const requests: HranaRequest[] = [{ type: 'batch', batch: { steps } }, { type: 'close' }];
    const answer = await this.client.send(requests, null, createDeadline(this.options.requestTimeoutMs));
    return takeResponse(this.client, answer, 0, 'batch').result;
  }

  close(): void {
    this.client.close();
  }

  #read(requests: readonly HranaRequest[]) {
    const { patienceMs, requestTimeoutMs, signal } = this.options;
    return new Patience(patienceMs, signal).retry(() =>
      this.client.send(requests, null, createDeadline(requestTimeoutMs)),
    );
  }
}

/** Some servers count in numbers, some in text, and some not at all. */
export function toIndex(index: unknown): string | undefined {
  return typeof index === 'string' || typeof index === 'number' ? String(index) : undefined;
}
