import type { DriverConnection } from '../../contract/connection.js';
import type { Driver, DriverCapabilities, Network, Reporter } from '../../contract/driver.js';
import { withOutcome } from '../../errors/database-error.js';
import type { Deadline } from '../../async/deadline.js';
import type { ResolvedOptions, ResolvedTursoTarget } from '../../options/resolved-options.js';
import { joinWriteGate, leaveWriteGate } from '../write-gates.js';
import { HranaClient } from './hrana-client.js';
import type { HranaListener } from './hrana-listener.js';
import { TursoConnection } from './turso-connection.js';

/** Measured on sqld 0.24.32: a blob of 4.3 MB is accepted, 5 MB refused. */
const maxValueBytes = 4_300_000;

/** Health checks and rollbacks must get through when every stream is busy. */
const spareSockets = 4;

/** Opens a database on Turso or on any other libSQL server. */
export class TursoDriver implements Driver {
  readonly backend = 'turso';
  readonly protocol = 'http';
  readonly capabilities: DriverCapabilities = {
    readsBesideWriter: true,
    stealsWriteLock: true,
    overNetwork: true,
    durable: true,
    maxValueBytes,
  };
  readonly location: string;
  readonly #target: ResolvedTursoTarget;
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;

  constructor(target: ResolvedTursoTarget, options: ResolvedOptions, report: Reporter) {
    this.#target = target;
    this.#options = options;
    this.#report = report;
    this.location = target.location;
  }

  /** Proves at once that the server answers and takes the token. */
  async open(deadline: Deadline, { onAnswer, refusal, protect }: Network): Promise<DriverConnection> {
    const { connection } = this.connect({ onAnswer, refusal, onRequest: () => () => undefined });
    try {
      await connection.ping(deadline);
      return protect(connection);
    } catch (error) {
      await connection.close();
      throw withOutcome(error, 'not-applied', 'nothing but a ping was sent');
    }
  }

  /** Makes a connection without asking the server anything. */
  connect(listener: HranaListener): { client: HranaClient; connection: TursoConnection } {
    const { pool, connectTimeoutMs, intMode } = this.#options;
    const { hostname, port, basePath } = this.#target;
    const databaseKey = `turso:${hostname}:${port}${basePath}`;
    const client = new HranaClient(this.#target, connectTimeoutMs, pool.maxStreams + spareSockets, listener);
    const connection = new TursoConnection({
      databaseKey,
      client,
      gate: joinWriteGate(databaseKey),
      maxStreams: pool.maxStreams,
      intMode,
      report: this.#report,
      onClose: () => leaveWriteGate(databaseKey),
    });
    return { client, connection };
  }
}
