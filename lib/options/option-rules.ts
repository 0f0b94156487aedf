import type { OptionPath } from './option-values.js';

/** What a value may be. */
export type OptionRule =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly unit: string }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Its form is judged by `parseUrl`, with libSQL's codes. */
  | { readonly kind: 'url' }
  | { readonly kind: 'text' }
  | { readonly kind: 'token' }
  | { readonly kind: 'pragmas' }
  | { readonly kind: 'function' };

/** Names of the options that hold other options. */
export const optionGroups: readonly string[] = ['fallback', 'pool', 'sqlite', 'tls', 'replica', 'migrations'];

// A timer of Node fires at once beyond this.
const longestTimerMs = 2_147_483_647;

const duration: OptionRule = { kind: 'integer', min: 1, max: longestTimerMs, unit: 'milliseconds' };
const flag: OptionRule = { kind: 'boolean' };
const text: OptionRule = { kind: 'text' };

/** The rule of every option, in the order of the documentation: the URL first. An option without a row does not exist. */
export const optionRules: Readonly<Record<OptionPath, OptionRule>> = {
  url: { kind: 'url' },
  authToken: { kind: 'token' },
  intMode: { kind: 'choice', values: ['number', 'bigint', 'string'] },
  lazy: flag,
  connectTimeoutMs: duration,
  queryTimeoutMs: duration,
  transactionTimeoutMs: duration,
  migrationTimeoutMs: duration,
  bootTimeoutMs: duration,
  shutdownTimeoutMs: duration,
  maxAttempts: { kind: 'integer', min: 1, max: 100, unit: 'attempts' },
  onUnavailable: { kind: 'choice', values: ['fail', 'degraded', 'fallback'] },
  'fallback.url': { kind: 'url' },
  'fallback.allowInProduction': flag,
  'fallback.replica': flag,
  'pool.readers': { kind: 'integer', min: 1, max: 64, unit: 'readers' },
  // The server refuses everybody beyond 128 open streams, so one process stays well below.
  'pool.maxStreams': { kind: 'integer', min: 1, max: 100, unit: 'streams' },
  'sqlite.synchronous': { kind: 'choice', values: ['off', 'normal', 'full', 'extra'] },
  'sqlite.journalMode': { kind: 'choice', values: ['wal', 'keep'] },
  'sqlite.cacheSizeKb': { kind: 'integer', min: 0, max: 2_147_483_647, unit: 'kibibytes' },
  // SQLite cuts a larger map down to 2 GiB without a word (SQLITE_MAX_MMAP_SIZE).
  'sqlite.mmapSizeMb': { kind: 'integer', min: 0, max: 2_047, unit: 'mebibytes' },
  'sqlite.pragmas': { kind: 'pragmas' },
  'tls.ca': text,
  'tls.cert': text,
  'tls.key': text,
  'tls.servername': text,
  'tls.rejectUnauthorized': flag,
  remoteEncryptionKey: text,
  'replica.path': text,
  'replica.syncIntervalMs': duration,
  'replica.maxStalenessMs': duration,
  consistency: { kind: 'choice', values: ['read-your-writes', 'replica', 'primary'] },
  allowInsecure: flag,
  refuseUnfinishedTransfer: flag,
  'migrations.directory': text,
  'migrations.run': { kind: 'choice', values: ['on-boot', 'check', 'manual'] },
  onConnectionCreate: { kind: 'function' },
};

/** Every path, in the order of the documentation. */
export const optionPaths = Object.keys(optionRules) as readonly OptionPath[];
