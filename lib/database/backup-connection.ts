import { resolve } from 'node:path';
import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Reporter } from '../contract/driver.js';
import { createArgsError, createStatementRefusedError } from '../errors/usage-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { findOuterScope } from './find-outer-scope.js';
import type { BackupOptions } from './backup-options.js';

const known: readonly string[] = [
  'timeoutMs',
  'signal',
  'overwrite',
  'verify',
] satisfies (keyof BackupOptions)[];

/** @throws DatabaseError `ARGS_INVALID` for what would be ignored without a word */
export function checkBackup(path: string, options: BackupOptions): void {
  if (typeof path !== 'string' || path === '') throw createArgsError('backup() takes the path of a file');
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) throw createArgsError('backup() takes a path, not a URL');
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw createArgsError(`unknown option "${unknown}" of backup(); there are ${known.join(', ')}`);
}

/** Writes a copy of an opened database. What it takes is loaded now, so that an app which makes no backups never loads it. */
export async function backupConnection(
  connection: DriverConnection,
  { target, connectTimeoutMs }: Pick<ResolvedOptions, 'target' | 'connectTimeoutMs'>,
  path: string,
  { overwrite = false, verify = false }: BackupOptions,
  deadline: Deadline,
  report: Reporter,
): Promise<void> {
  if (findOuterScope(connection.databaseKey) !== undefined)
    throw createStatementRefusedError(
      'backup() inside a transaction would lack what is not committed yet: call it behind the end, or in outsideTransaction()',
      'BACKUP_IN_TRANSACTION',
    );
  const file = { path: resolve(path), overwrite };
  if (target.backend === 'turso') {
    const { pullSnapshot } = await import('../transfer/pull/pull-snapshot.js');
    await pullSnapshot(target, connectTimeoutMs, file, deadline);
    return;
  }
  const { removeDatabase, writeNewFile } = await import('../transfer/file/write-new-file.js');
  const source = target.path === ':memory:' ? undefined : target.path;
  const unread = await writeNewFile({ ...file, source, resumes: false }, async (partial) => {
    await removeDatabase(partial);
    return connection.backup?.(partial, verify, deadline);
  });
  if (unread === undefined || unread.length === 0) return;
  const message = `not compared in a backup: ${unread.join(', ')}, whose key needs a collation of the application`;
  report({ level: 'warning', code: 'BACKUP_NOT_COMPARED', message });
}
