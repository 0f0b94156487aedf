import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransferError } from '../transfer-errors.js';

/** What a resume must find again. */
export interface TransferRecord {
  readonly id: string;
  /** Host and port of the target. */
  readonly target: string;
  readonly invalidUtf8: string;
  readonly snapshotBytes: number;
  /** The target is verified; only cleaning up is left. */
  readonly finished: boolean;
}

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
    return JSON.parse(text) as TransferRecord;
  } catch {
    throw createTransferError(`${recordPath(folder)} is broken`, 'TRANSFER_RECORD_BROKEN');
  }
}

/** Replaces the record at once, and for good before it returns. */
export async function writeRecord(folder: string, record: TransferRecord): Promise<void> {
  await replaceFile(recordPath(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Writes a file beside its place and renames it: nobody ever sees half of it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** A folder without anything of an earlier transfer, which only its owner can read: it will hold a copy of the data. */
export async function createWorkFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeFiles(folder);
}

/** Removes what a transfer wrote into its folder, and the folder if nothing else is in it. */
export async function removeWorkFolder(folder: string): Promise<void> {
  await removeFiles(folder);
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  });
}

async function removeFiles(folder: string): Promise<void> {
  const snapshot = snapshotPath(folder);
  const suffixes = ['', '-wal', '-shm', '-journal', '.partial', '.partial-journal'];
  const paths = [
    recordPath(folder),
    `${recordPath(folder)}.new`,
    ...suffixes.map((suffix) => snapshot + suffix),
  ];
  for (const path of paths) await rm(path, { force: true });
}
