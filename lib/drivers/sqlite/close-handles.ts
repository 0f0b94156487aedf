import type { FileGuard } from './file-guard.js';
import type { SessionPool } from './session-pool.js';
import type { SqliteHandle } from './sqlite-handle.js';

interface OpenHandles {
  readonly writer: SqliteHandle;
  readonly reader: SqliteHandle | undefined;
  readonly sessions: SessionPool | undefined;
  readonly guard: FileGuard | undefined;
}

/** When the database was moved, SQLite leaves its log behind under the old name: whoever opens that name next would take it for its own. */
export function closeHandles({ writer, reader, sessions, guard }: OpenHandles): void {
  sessions?.close();
  reader?.close();
  try {
    if (guard?.isInPlace === false) writer.emptyLog();
  } finally {
    writer.close();
  }
}
