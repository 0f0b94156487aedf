import { availableParallelism } from 'node:os';
import type { IntMode } from '@libsql/core/api';
import type { Reporter } from '../../contract/driver.js';
import type { ResolvedOptions, ResolvedSqliteOptions } from '../../options/resolved-options.js';
import type { FileGuard } from './file-guard.js';
import { LocalReads } from './local-reads.js';
import type { LogHold } from './log-hold.js';
import { listPragmas } from './open-handle.js';
import { ReaderPool } from './reader-pool.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { StreamThreads } from './stream-threads.js';
import type { ThreadSettings } from './thread-protocol.js';

/** What the handle of a thread is opened with. */
export function createThreadSettings(
  path: string,
  readonly: boolean,
  sqlite: ResolvedSqliteOptions,
  intMode: IntMode,
): Omit<ThreadSettings, 'marks'> {
  return { path, readonly, pragmas: listPragmas(path, readonly, sqlite), intMode };
}

/** What the reads of one file are made of. */
export interface LocalReadsSetup {
  readonly path: string;
  /** For what is known to be fast. */
  readonly reader: SqliteHandle;
  /** The handle that this process writes with; undefined where it never does. */
  readonly writer: SqliteHandle | undefined;
  readonly guard: FileGuard;
  readonly options: Pick<ResolvedOptions, 'pool' | 'intMode'>;
  readonly sqlite: ResolvedSqliteOptions;
  /** Undefined where there is no log, or none that these reads hold back for. */
  readonly hold: LogHold | undefined;
  readonly report: Reporter;
}

/** Reads of one file. More threads than processors would only take time from each other and from the event loop. */
export function createLocalReads({
  path,
  reader,
  writer,
  guard,
  options,
  sqlite,
  hold,
  report,
}: LocalReadsSetup): LocalReads {
  const { pool: places, intMode } = options;
  const settings = createThreadSettings(path, true, sqlite, intMode);
  const assertInPlace = (): void => guard.assertInPlace('not-applied');
  const size = Math.min(places.readers, availableParallelism());
  const pool = new ReaderPool({ size, settings, assertInPlace, hold });
  const streams = new StreamThreads(places.readers, settings, assertInPlace);
  return new LocalReads({ reader, writer, pool, streams, guard, intMode, report });
}
