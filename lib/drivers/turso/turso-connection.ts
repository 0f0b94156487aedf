import type { IntMode, ResultSet, Row } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import { FifoGate } from '../../async/fifo-gate.js';
import type { BatchOptions, DriverConnection, DriverTransaction } from '../../contract/connection.js';
import type { Reporter } from '../../contract/driver.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { partOfScript, toBatchError, withOutcome } from '../../errors/database-error.js';
import { checkScript, checkStatement } from '../../sql/check-statement.js';
import { firstKeyword, type SqlClass } from '../../sql/classify-sql.js';
import { isAllOrNothing } from '../../sql/is-all-or-nothing.js';
import { splitScript } from '../../sql/split-script.js';
import { acquireStream } from './acquire-stream.js';
import { runBatch } from './run-batch.js';
import { decodeResult, encodeStatement } from './hrana-values.js';
import type { HranaClient } from './hrana-client.js';
import { ReadOnlyGuard } from './read-only-guard.js';
import { readStep, takeBatch, takeResponse } from './read-results.js';
import type { HranaResult } from './hrana-protocol.js';
import { isLost, SharedLane } from './shared-lane.js';
import { SharingRules } from './sharing-rules.js';
import { streamRows } from './stream-rows.js';
import { TursoTransaction } from './turso-transaction.js';

/** A longer answer to several reads is not worth holding: each is asked for alone. */
const maxSharedAnswerBytes = 16_777_216;

/** What a connection to a server is made of. */
export interface TursoConnectionParts {
  readonly databaseKey: string;
  readonly client: HranaClient;
  readonly gate: FifoGate;
  readonly maxStreams: number;
  readonly intMode: IntMode;
  readonly report: Reporter;
  readonly onClose: () => void;
}

/** A libSQL server over Hrana 3: reads side by side on at most `maxStreams` streams, this process's writes one after the other. */
export class TursoConnection implements DriverConnection {
  readonly databaseKey: string;
  readonly #parts: TursoConnectionParts;
  readonly #streams: FifoGate;
  readonly #readOnly: ReadOnlyGuard;
  readonly #rules = new SharingRules();
  readonly #lanes: Readonly<Record<'reads' | 'writes', SharedLane>>;
  readonly #open = new Set<TursoTransaction>();

  constructor(parts: TursoConnectionParts) {
    this.databaseKey = parts.databaseKey;
    this.#parts = parts;
    this.#streams = new FifoGate(
      parts.maxStreams,
      'waiting for a free stream (all "pool.maxStreams" are in use)',
    );
    this.#readOnly = new ReadOnlyGuard(parts.client);
    const { client, gate } = parts;
    const lane = (gates: readonly FifoGate[], keepsOrder: boolean, maxAnswerBytes: number): SharedLane =>
      new SharedLane({
        client,
        gates,
        keepsOrder,
        mayJoin: (texts, statement) => this.#rules.mayJoin(texts, statement),
        maxAnswerBytes,
        read: (statement, result, isLong) => this.#readShared(statement, result, isLong),
        runAlone: (statement, deadline) => this.execute({ ...statement, alone: true }, deadline),
        onTooLong: (statement) => this.#rules.learnHeavy(statement),
        onLost: (statement) => this.#rules.learnLost(statement),
      });
    this.#lanes = {
      reads: lane([this.#streams], false, maxSharedAnswerBytes),
      // what a write has done is done, so its answer is read however long it is
      writes: lane([gate, this.#streams], true, Infinity),
    };
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const found = checkStatement(statement.sql, 'autocommit');
    throwIfOver(deadline, 'before the statement was sent');
    const lane = this.#rules.laneOf(statement, found);
    return lane === 'alone'
      ? this.#runAlone(statement, deadline, found)
      : this.#lanes[lane].run(statement, deadline);
  }

  async batch(
    statements: readonly Statement[],
    options: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[]> {
    const found = statements.map(({ sql }, index) => this.#check(sql, index));
    if (found.includes('schema')) this.#rules.forgetTables();
    const reads = options.mode !== 'write' && options.foreignKeys && found.every((kind) => kind === 'query');
    if (options.mode === 'read') await this.#assertReads(statements, deadline);
    // a deferred batch that writes would fail with BUSY beside another writer; as a writer it waits for its turn
    const mode = options.mode === 'deferred' && !reads ? 'write' : options.mode;
    return this.#use(reads ? 'read' : 'write', deadline, () => {
      const { client, intMode } = this.#parts;
      return runBatch(client, statements, { ...options, mode }, intMode, deadline);
    });
  }

  async executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    checkScript(sql, 'autocommit');
    this.#rules.forgetTables();
    await this.#use('write', deadline, async () => {
      const { client } = this.#parts;
      const answer = await client.send([{ type: 'sequence', sql }, { type: 'close' }], null, deadline);
      try {
        takeResponse(client, answer, 0, 'sequence');
      } catch (error) {
        throw isAllOrNothing(splitScript(sql)) ? error : withOutcome(error, 'unknown', partOfScript);
      }
    });
  }

  stream(statement: Statement, deadline: Deadline): AsyncIterableIterator<Row> {
    const { client, intMode } = this.#parts;
    const source = { client, intMode, readOnly: this.#readOnly, streams: this.#streams };
    return streamRows(source, statement, deadline);
  }

  async begin(mode: TransactionMode, deadline: Deadline, origin: string): Promise<DriverTransaction> {
    const { client, intMode, report, gate } = this.#parts;
    const releaseGate = mode === 'write' ? await gate.acquire(deadline) : undefined;
    if (releaseGate !== undefined) gate.describeHolder(origin);
    try {
      const releaseStream = await acquireStream(this.#streams, this.#parts.client, deadline);
      const onEnd = (): void => {
        this.#open.delete(transaction);
        releaseStream();
        releaseGate?.();
      };
      const transaction = new TursoTransaction({
        client,
        readOnly: this.#readOnly,
        mode,
        intMode,
        report,
        onEnd,
      });
      this.#open.add(transaction);
      return transaction;
    } catch (error) {
      releaseGate?.();
      throw error;
    }
  }

  isRead({ sql }: Statement, deadline: Deadline): Promise<boolean> {
    return this.#readOnly.isRead(sql, deadline);
  }

  async ping(deadline: Deadline): Promise<void> {
    const { client } = this.#parts;
    const stmt = { sql: 'SELECT 1', want_rows: true };
    const answer = await client.send([{ type: 'execute', stmt }, { type: 'close' }], null, deadline);
    takeResponse(client, answer, 0, 'execute');
  }

  waiting(): number {
    const { reads, writes } = this.#lanes;
    return this.#parts.gate.waiting + this.#streams.waiting + reads.waiting + writes.waiting;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((transaction) => transaction.close()));
    this.#parts.client.close();
    this.#parts.onClose();
  }

  async #runAlone(statement: Statement, deadline: Deadline, found: SqlClass): Promise<ResultSet> {
    return this.#use(found === 'query' ? 'read' : 'write', deadline, async () => {
      const { client, intMode } = this.#parts;
      const stmt = encodeStatement(statement);
      if (found === 'schema') this.#rules.forgetTables();
      try {
        const answer = await client.send([{ type: 'execute', stmt }, { type: 'close' }], null, deadline);
        // also an error of its own tells that it does not take requests down
        this.#rules.forgetLoss(statement);
        const { result } = takeResponse(client, answer, 0, 'execute');
        const decoded = decodeResult(result, statement.sql, intMode);
        const durationMs = result.query_duration_ms ?? 0;
        this.#rules.learn(statement, { bytes: answer.bytes, durationMs, result: decoded });
        return decoded;
      } catch (error) {
        if (isLost(error)) this.#rules.learnLost(statement);
        throw mayBeKept(error, statement) ? withOutcome(error, 'unknown', 'its changes may be kept') : error;
      }
    });
  }

  /** @returns undefined when the statement did not run */
  #readShared(statement: Statement, answer: HranaResult | undefined, isLong: boolean): ResultSet | undefined {
    const { client, intMode } = this.#parts;
    try {
      const results = answer === undefined ? [] : [answer];
      const batch = takeBatch(client, { baton: null, results, bytes: 0 }, 0, 1);
      const { result, error } = readStep(client, batch, 0);
      if (error !== undefined) throw error;
      if (result === undefined) return undefined;
      const decoded = decodeResult(result, statement.sql, intMode);
      const bytes = isLong ? JSON.stringify(result.rows).length : 0;
      this.#rules.learn(statement, { bytes, durationMs: result.query_duration_ms ?? 0, result: decoded });
      return decoded;
    } catch (error) {
      throw mayBeKept(error, statement) ? withOutcome(error, 'unknown', 'its changes may be kept') : error;
    }
  }

  async #use<T>(as: 'read' | 'write', deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const releaseGate = as === 'write' ? await this.#parts.gate.acquire(deadline) : undefined;
    try {
      const releaseStream = await acquireStream(this.#streams, this.#parts.client, deadline);
      try {
        throwIfOver(deadline, 'before the statement was sent');
        return await work();
      } finally {
        releaseStream();
      }
    } finally {
      releaseGate?.();
    }
  }

  #check(sql: string, index: number): string {
    try {
      return checkStatement(sql, 'transaction');
    } catch (error) {
      throw toBatchError(error, index);
    }
  }

  async #assertReads(statements: readonly Statement[], deadline: Deadline): Promise<void> {
    for (const [index, statement] of statements.entries()) {
      try {
        await this.#readOnly.assertReads(statement, deadline);
      } catch (error) {
        throw toBatchError(error, index);
      }
    }
  }
}

/** The server gives an answer up that grows too large, and keeps what a statement with RETURNING has done by then (measured). */
function mayBeKept(error: unknown, { sql }: Statement): boolean {
  const { code } = error as { code?: string };
  return code === 'RESPONSE_TOO_LARGE' && !['SELECT', 'VALUES'].includes(firstKeyword(sql));
}
