import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createDeadline } from '../async/deadline.js';
import type { BackupDatabaseOptions, BackupReport } from './backup-options.js';
import { copyFileTo } from './file/copy-file-to.js';
import { assertNothingAt } from './file/place-file.js';
import { pullSnapshot } from './pull/pull-snapshot.js';
import { assertPath, resolveTarget } from './resolve-transfer-options.js';
import { assertFile } from './source/take-snapshot.js';

/**
 * Writes a consistent copy of a live database to a SQLite file, checked by SQLite. The file appears under its name in one step, when
 * it is complete. Writers are not disturbed, except those of a file with a rollback journal.
 * @throws DatabaseError `TRANSFER_FILE_EXISTS`, `TRANSFER_FILE_IN_USE`, `BACKUP_NO_SPACE`; nothing stays of a backup that failed
 */
export async function backupDatabase(options: BackupDatabaseOptions): Promise<BackupReport> {
  const { source, overwrite = false, verify = false, timeoutMs = Infinity, signal, onProgress } = options;
  const startedAt = performance.now();
  assertPath(options.file);
  const file = { path: resolve(options.file), overwrite };
  await assertNothingAt(file.path, overwrite);
  const deadline = createDeadline(timeoutMs, signal);
  const report = (stage: 'rows' | 'snapshot', rows: number, totalRows: number, object?: string): void =>
    onProgress?.({ stage, object, rows, totalRows });
  const copied = await (typeof source === 'string' ? copy(source) : pull());
  const { size } = await stat(file.path);
  return { ...copied, file: file.path, bytes: size, durationMs: Math.round(performance.now() - startedAt) };

  async function copy(path: string): Promise<Copied> {
    assertPath(path);
    const from = resolve(path);
    await assertFile(from);
    const onPages = (pages: number, of: number): void => report('snapshot', pages, of);
    const copied = await copyFileTo({ ...file, source: from }, { verify, onPages }, deadline);
    return { source: from, ...copied };
  }

  async function pull(): Promise<Copied> {
    const { target, connectTimeoutMs } = resolveTarget(source as Exclude<typeof source, string>);
    const { tables } = await pullSnapshot(target, connectTimeoutMs, file, deadline, onProgress);
    return { source: target.location, checked: true, tables, unread: [] };
  }
}

type Copied = Pick<BackupReport, 'source' | 'checked' | 'tables' | 'unread'>;
