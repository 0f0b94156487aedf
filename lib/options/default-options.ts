import type { OptionValues } from './option-values.js';

/** What an option is when neither the code nor the environment sets it. Milliseconds end in `Ms`. */
export const defaultOptions = Object.freeze({
  intMode: 'number',
  lazy: false,
  connectTimeoutMs: 3_000,
  queryTimeoutMs: 10_000,
  transactionTimeoutMs: 10_000,
  migrationTimeoutMs: 600_000,
  bootTimeoutMs: 30_000,
  shutdownTimeoutMs: 10_000,
  maxAttempts: 3,
  onUnavailable: 'fail',
  'fallback.allowInProduction': false,
  'fallback.replica': false,
  'replica.syncIntervalMs': 5_000,
  'replica.maxStalenessMs': 60_000,
  consistency: 'read-your-writes',
  allowInsecure: false,
  refuseUnfinishedTransfer: false,
  'pool.readers': 4,
  'pool.maxStreams': 20,
  'sqlite.synchronous': 'full',
  'sqlite.journalMode': 'wal',
  'sqlite.cacheSizeKb': 16_384,
  'sqlite.mmapSizeMb': 256,
  'sqlite.pragmas': Object.freeze({}),
  'tls.rejectUnauthorized': true,
  'migrations.run': 'on-boot',
} as const) satisfies Partial<OptionValues>;

/** The database of a default connection without a URL, outside of tests and production. */
export const defaultUrl = 'sqlite:./data/app.db';

/** `PRAGMA synchronous` of the private database of a test, which nobody wants to keep through a power cut. */
export const temporarySynchronous = 'off';
