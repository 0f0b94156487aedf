import type { OptionPath } from './option-values.js';

/** A variable, the option that it sets, and what it is for. */
export interface EnvOption {
  /** Name for the default connection; a named one puts its prefix in front. */
  readonly variable: string;
  readonly option: OptionPath;
  readonly description: string;
}

/** Every variable that this package reads, in the order of the documentation. Of two for one option the first that is set wins. */
export const envOptions: readonly EnvOption[] = [
  row(
    'DATABASE_URL',
    'url',
    'Database to open: `libsql:`, `https:`, `http:`, `wss:`, `ws:` or `sqlite:`, `file:`, `:memory:`.',
  ),
  row('TURSO_DATABASE_URL', 'url', 'The same, read when `DATABASE_URL` is not set.'),
  row(
    'TURSO_AUTH_TOKEN',
    'authToken',
    'Token of a Turso database. Read only if the URL comes from the environment.',
  ),
  row('DATABASE_INT_MODE', 'intMode', 'What an SQLite INTEGER becomes: `number`, `bigint` or `string`.'),
  row('DATABASE_LAZY', 'lazy', 'Opens at the first call instead of at boot.'),
  row(
    'DATABASE_CONNECT_TIMEOUT_MS',
    'connectTimeoutMs',
    'Longest time for a TCP and TLS connect, and for the answer of an `authToken` function, in milliseconds.',
  ),
  row(
    'DATABASE_QUERY_TIMEOUT_MS',
    'queryTimeoutMs',
    'Longest time for a whole call, waits and attempts included, in milliseconds.',
  ),
  row(
    'DATABASE_TRANSACTION_TIMEOUT_MS',
    'transactionTimeoutMs',
    'Longest life of a transaction, in milliseconds.',
  ),
  row(
    'DATABASE_MIGRATION_TIMEOUT_MS',
    'migrationTimeoutMs',
    'Longest time for one migration file, in milliseconds.',
  ),
  row(
    'DATABASE_BOOT_TIMEOUT_MS',
    'bootTimeoutMs',
    'Longest time to open the database at boot, in milliseconds.',
  ),
  row(
    'DATABASE_SHUTDOWN_TIMEOUT_MS',
    'shutdownTimeoutMs',
    'Longest time that closing waits for calls in flight, in milliseconds.',
  ),
  row('DATABASE_MAX_ATTEMPTS', 'maxAttempts', 'How often a call is tried at most, the first time included.'),
  row(
    'DATABASE_ON_UNAVAILABLE',
    'onUnavailable',
    'What a database that cannot be reached at boot does to the app: `fail`, `degraded` or `fallback`.',
  ),
  row('DATABASE_FALLBACK_URL', 'fallback.url', 'SQLite file that serves under `fallback`.'),
  row(
    'DATABASE_FALLBACK_ALLOW_IN_PRODUCTION',
    'fallback.allowInProduction',
    'Allows `fallback` under `NODE_ENV=production`.',
  ),
  row(
    'DATABASE_FALLBACK_REPLICA',
    'fallback.replica',
    'Lets the [replica](replicas.md) answer reads while the primary does not. Read as `TURSO_AUTH_TOKEN` is.',
  ),
  row(
    'DATABASE_POOL_READERS',
    'pool.readers',
    'SQLite: read transactions open at once, as many deferred ones, and slow reads on threads, 1 to 64.',
  ),
  row('DATABASE_POOL_MAX_STREAMS', 'pool.maxStreams', 'Turso: streams open at once, 1 to 100.'),
  row(
    'DATABASE_SQLITE_SYNCHRONOUS',
    'sqlite.synchronous',
    '`off`, `normal`, `full` or `extra`. In tests without a URL: `off`.',
  ),
  row(
    'DATABASE_SQLITE_JOURNAL_MODE',
    'sqlite.journalMode',
    '`wal` switches the file to a write-ahead log, `keep` leaves it as it is.',
  ),
  row('DATABASE_SQLITE_CACHE_SIZE_KB', 'sqlite.cacheSizeKb', 'Page cache of each handle, in kibibytes.'),
  row(
    'DATABASE_SQLITE_MMAP_SIZE_MB',
    'sqlite.mmapSizeMb',
    'Memory-mapped reading, in mebibytes; 0 switches it off.',
  ),
  row('DATABASE_SQLITE_PRAGMAS', 'sqlite.pragmas', 'Further pragmas: `name=value,name=value`.'),
  row(
    'DATABASE_TLS_CA',
    'tls.ca',
    'Certificate authority to trust: a path or PEM text. Read only if the URL comes from the environment.',
  ),
  row(
    'DATABASE_TLS_CERT',
    'tls.cert',
    'Client certificate: a path or PEM text. Read as `DATABASE_TLS_CA` is.',
  ),
  row(
    'DATABASE_TLS_KEY',
    'tls.key',
    'Key of the client certificate: a path or PEM text. Read as `DATABASE_TLS_CA` is.',
  ),
  row(
    'DATABASE_TLS_SERVERNAME',
    'tls.servername',
    'Host name in the server’s certificate. Read as `DATABASE_TLS_CA` is.',
  ),
  row(
    'DATABASE_TLS_REJECT_UNAUTHORIZED',
    'tls.rejectUnauthorized',
    '`false` accepts any certificate. Read as `DATABASE_TLS_CA` is.',
  ),
  row(
    'DATABASE_REMOTE_ENCRYPTION_KEY',
    'remoteEncryptionKey',
    'Key of a database that Turso encrypts, base64. Read as `TURSO_AUTH_TOKEN` is.',
  ),
  row(
    'DATABASE_REPLICA_PATH',
    'replica.path',
    'File of the [embedded replica](replicas.md). Read as `TURSO_AUTH_TOKEN` is, and so are the two below.',
  ),
  row(
    'DATABASE_REPLICA_SYNC_INTERVAL_MS',
    'replica.syncIntervalMs',
    'How often the replica asks for what others have written, in milliseconds.',
  ),
  row(
    'DATABASE_REPLICA_MAX_STALENESS_MS',
    'replica.maxStalenessMs',
    'Age of its data beyond which health answers say `degraded`, in milliseconds.',
  ),
  row(
    'DATABASE_CONSISTENCY',
    'consistency',
    'What a read beside a replica may answer: `read-your-writes`, `replica` or `primary`.',
  ),
  row('DATABASE_ALLOW_INSECURE', 'allowInsecure', 'Allows a token over plain `http:` to another machine.'),
  row(
    'DATABASE_REFUSE_UNFINISHED_TRANSFER',
    'refuseUnfinishedTransfer',
    'Refuses to start on a database to which a transfer is not complete.',
  ),
  row('DATABASE_MIGRATIONS_DIRECTORY', 'migrations.directory', 'Folder of `.sql` files to apply.'),
  row('DATABASE_MIGRATIONS_RUN', 'migrations.run', '`on-boot`, `check` or `manual`.'),
];

/** The variables of an option for the connection `name`, the one that wins first. Empty when only code can set it. */
export function variablesOf(option: OptionPath, name: string | undefined): string[] {
  return envOptions
    .filter((entry) => entry.option === option)
    .map(({ variable }) => prefixOf(name) + variable);
}

/** What the variables of the connection `name` start with: `reports-db` gives `REPORTS_DB_`, the default connection nothing. */
export function prefixOf(name: string | undefined): string {
  if (name === undefined) return '';
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  return `${words.replace(/^_+|_+$/g, '').toUpperCase()}_`;
}

function row(variable: string, option: OptionPath, description: string): EnvOption {
  return { variable, option, description };
}
