import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedPlacement } from '../place/placement.js';
import { replaceFile } from '../replace-file.js';
import { createTransferError } from '../transfer-errors.js';

/** What a resume must find again. */
export interface TransferRecord {
  readonly id: string;
  /** Absolute path of the source. */
  readonly source: string;
  /** Host and port of the target. */
  readonly target: string;
  readonly invalidUtf8: string;
  /** The target holds other objects. */
  readonly intoNonEmpty: boolean;
  /** Where the file itself goes. */
  readonly placement: ResolvedPlacement | undefined;
  /** What `identifySnapshot` said. */
  readonly snapshot: string;
  /** The target is verified; only cleaning up is left. */
  readonly finished: boolean;
}

/** What earlier versions, which did not note it, always did. */
const olderRecord = { intoNonEmpty: false } as const;

/** Where a snapshot of the source lies. */
export function snapshotPath(folder: string): string {
  return join(folder, 'snapshot.db');
}

function recordPath(folder: string): string {
  return join(folder, 'transfer.json');
}

/** @returns undefined when nothing was begun here */
export async function readRecord(folder: string): Promise<TransferRecord | undefined> {
  let text: string;
  try {
    text = await readFile(recordPath(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { ...olderRecord, ...(JSON.parse(text) as TransferRecord) };
  } catch {
    throw createTransferError(`${recordPath(folder)} is broken`, 'TRANSFER_RECORD_BROKEN');
  }
}

/** Replaces the record at once, and for good before it returns. */
export async function writeRecord(folder: string, record: TransferRecord): Promise<void> {
  await replaceFile(recordPath(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Removes what a transfer wrote into its folder, the record first. */
export async function emptyWorkFolder(folder: string): Promise<void> {
  const snapshot = snapshotPath(folder);
  const suffixes = ['', '-wal', '-shm', '-journal', '.partial', '.partial-journal'];
  const paths = [
    recordPath(folder),
    `${recordPath(folder)}.new`,
    ...suffixes.map((suffix) => snapshot + suffix),
  ];
  for (const path of paths) await rm(path, { force: true });
}
