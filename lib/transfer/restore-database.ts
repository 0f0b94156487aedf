import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createDeadline } from '../async/deadline.js';
import type { BackupReport, RestoreOptions } from './backup-options.js';
import { copyDatabase } from './copy-database.js';
import type { TransferReport } from './copy/transfer-report.js';
import { copyFileTo } from './file/copy-file-to.js';
import { holdForReplacement } from './file/hold-for-replacement.js';
import { assertNothingAt } from './file/place-file.js';
import { assertPath } from './resolve-transfer-options.js';
import { assertFile } from './source/take-snapshot.js';

/**
 * Brings a backup back: as a SQLite file, checked, compared with the backup by digests and moved to its place in one step; or into the
 * empty database of a server, as `copyDatabase` does.
 * @throws DatabaseError `TRANSFER_FILE_EXISTS`, `TRANSFER_FILE_IN_USE`, `SQLITE_CORRUPT`: what stood there stands there still
 */
export async function restoreDatabase(options: RestoreOptions): Promise<BackupReport | TransferReport> {
  const { target, overwrite = false, timeoutMs = Infinity, signal, onProgress } = options;
  const startedAt = performance.now();
  assertPath(options.file);
  const file = resolve(options.file);
  await assertFile(file);
  if (typeof target !== 'string') return copyDatabase({ source: file, target, signal, onProgress });
  assertPath(target);
  const path = await realpath(target).catch(() => resolve(target));
  await assertNothingAt(path, overwrite);
  // whoever has it open is told of before the work, and asked again behind it
  if (await isFile(path)) (await holdForReplacement(path)).release();
  const onPages = (rows: number, totalRows: number): void =>
    onProgress?.({ stage: 'snapshot', object: undefined, rows, totalRows });
  const places = { source: file, path, overwrite };
  const copied = await copyFileTo(places, { verify: true, onPages }, createDeadline(timeoutMs, signal));
  const { size } = await stat(path);
  return {
    ...copied,
    source: file,
    file: path,
    bytes: size,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
