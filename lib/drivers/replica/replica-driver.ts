import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDeadline, narrowDeadline, type Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import type { DriverConnection } from '../../contract/connection.js';
import type { Driver, Network, Reporter } from '../../contract/driver.js';
import { ConfigurationError } from '../../errors/configuration-error.js';
import { DatabaseError } from '../../errors/database-error.js';
import { prepareSqlitePath } from '../../options/check-sqlite-path.js';
import type {
  ResolvedOptions,
  ResolvedReplicaOptions,
  ResolvedTursoTarget,
} from '../../options/resolved-options.js';
import { resolveName } from '../sqlite/database-file.js';
import { loadBetterSqlite3 } from '../sqlite/load-better-sqlite3.js';
import { TursoDriver } from '../turso/turso-driver.js';
import { askReplicationIndex } from '../turso/ask-replication-index.js';
import { Freshness } from './freshness.js';
import { LocalReads } from './local-reads.js';
import { ReplicaConnection } from './replica-connection.js';
import { ReplicaFiles } from './replica-files.js';
import { ReplicaSync } from './replica-sync.js';

/** Opens a Turso database together with a replica of it in a local file. */
export class ReplicaDriver implements Driver {
  readonly backend = 'turso';
  readonly protocol = 'http';
  readonly capabilities;
  readonly location: string;
  readonly #turso: TursoDriver;
  readonly #target: ResolvedTursoTarget;
  readonly #replica: ResolvedReplicaOptions;
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;

  constructor(
    target: ResolvedTursoTarget,
    replica: ResolvedReplicaOptions,
    options: ResolvedOptions,
    report: Reporter,
  ) {
    this.#turso = new TursoDriver(target, options, report);
    this.#target = target;
    this.#replica = replica;
    this.#options = options;
    this.#report = report;
    this.capabilities = this.#turso.capabilities;
    this.location = target.location;
  }

  /**
   * Waits for the first sync as long as for a connect; a larger database goes on coming while its reads go to the primary. With a
   * replica of an earlier process, the primary may be away.
   */
  async open(deadline: Deadline, { onAnswer, refusal, protect }: Network): Promise<DriverConnection> {
    const path = await preparePath(this.#replica);
    const freshness = new Freshness();
    const onRequest = (): ((index: bigint) => void) => {
      const judge = freshness.observe();
      return (index) => {
        if (judge(index) === 'impossible') sync.doubt();
      };
    };
    let answeredAt = -Infinity;
    const listener = {
      onRequest,
      refusal,
      onAnswer: () => {
        answeredAt = performance.now();
        onAnswer();
      },
    };
    const { client, connection: bare } = this.#turso.connect(listener);
    const reads = new LocalReads(await loadBetterSqlite3(), path, this.#options, this.#report);
    const { connectTimeoutMs, consistency } = this.#options;
    const { remoteEncryptionKey } = this.#target;
    const address = toSyncUrl(this.#target);
    const sync = new ReplicaSync({
      options: this.#replica,
      files: new ReplicaFiles(path, address),
      reads,
      freshness,
      syncUrl: address,
      remoteEncryptionKey: remoteEncryptionKey?.reveal(),
      connectTimeoutMs,
      askToken: async (until) => (await client.token(until))?.reveal(),
      askFrame: (until) => askReplicationIndex(client, until),
      redact: (text) => client.redact(text),
      report: this.#report,
    });
    const connection = new ReplicaConnection({
      primary: protect(bare),
      reads,
      freshness,
      sync,
      consistency,
      maxStalenessMs: this.#replica.maxStalenessMs,
      fallsBack: this.#replica.fallsBack,
      answeredAt: () => answeredAt,
      report: this.#report,
    });
    try {
      await within(sync.open(deadline), deadline, 'opening the replica');
      const first = narrowDeadline(deadline, connectTimeoutMs);
      await bare.ping(first).catch((error: unknown) => assertServes(sync, error));
      await sync.next(createDeadline(connectTimeoutMs, deadline.signal)).catch(() => undefined);
      return connection;
    } catch (error) {
      await connection.close(createDeadline(connectTimeoutMs));
      throw error;
    }
  }
}

/** A server that refuses is there: its answer is told at boot, as without a replica. */
function assertServes(sync: ReplicaSync, error: unknown): void {
  const isAway = error instanceof DatabaseError && ['unavailable', 'timeout'].includes(error.kind);
  if (!isAway || sync.state !== 'serving') throw error;
}

/**
 * @returns the path without symbolic links, behind which two would take the file for two
 * @throws ConfigurationError
 */
async function preparePath(replica: ResolvedReplicaOptions): Promise<string> {
  await prepareSqlitePath(replica);
  const path = await resolveName(replica.path);
  const folder = dirname(path);
  await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw new ConfigurationError(
      `${replica.source.replace(/^the /, 'The ')} is in the folder ${folder}, which may not be written: SQLite and libSQL keep files beside a replica`,
      'SQLITE_CANTOPEN',
      error,
    );
  });
  return path;
}

function toSyncUrl({ secure, hostname, port, basePath }: ResolvedTursoTarget): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${secure ? 'https' : 'http'}://${host}:${port}${basePath}`;
}
