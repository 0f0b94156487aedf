import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { createTransferError } from '../transfer-errors.js';

/** What a sync must know of the copy that it follows. It lies in the work folder until the cut-over. */
export interface SyncRecord {
  /** The first part of the id in the books on the target. */
  readonly id: string;
  /** Absolute path of the source. */
  readonly source: string;
  /** Host and port of the target. */
  readonly target: string;
  readonly invalidUtf8: string;
  /** Since the changelog was installed, everything was compared once. */
  readonly reconciled: boolean;
  /** The source was closed, or is being closed. */
  readonly closing: boolean;
}

export async function writeSyncRecord(folder: string, record: SyncRecord): Promise<void> {
  await replaceFile(pathOf(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** The source is open again, whoever had closed it. */
export async function noteOpened(folder: string): Promise<void> {
  const text = await readFile(pathOf(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (text === undefined) return;
  const record = JSON.parse(text) as SyncRecord;
  if (record.closing) await writeSyncRecord(folder, { ...record, closing: false });
}

export async function removeSyncRecord(folder: string): Promise<void> {
  await rm(pathOf(folder), { force: true });
}

/** @throws DatabaseError `TRANSFER_NOT_FOUND`, `TRANSFER_CONFLICT` when it is one of another source or target */
export async function findSyncRecord(options: ResolvedTransferOptions): Promise<SyncRecord> {
  const { workFolder: folder, source, target, invalidUtf8 } = options;
  const text = await readFile(pathOf(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    const message = `there is no copy in ${folder} that was kept open: copy with keepOpen first`;
    throw createTransferError(message, 'TRANSFER_NOT_FOUND');
  });
  const record = JSON.parse(text) as SyncRecord;
  if (record.source === source && record.target === target.location && record.invalidUtf8 === invalidUtf8)
    return record;
  throw createTransferError(
    `the copy in ${folder} is one of ${record.source} to ${record.target} with invalidUtf8 "${record.invalidUtf8}"`,
    'TRANSFER_CONFLICT',
  );
}

function pathOf(folder: string): string {
  return join(folder, 'sync.json');
}
