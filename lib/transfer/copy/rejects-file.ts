import { readFile, rm } from 'node:fs/promises';
import { replaceFile } from '../replace-file.js';
import type { Reject } from '../target/checkpoint.js';

/** Lists the rows that were left out, one JSON object a line; no file when there are none. */
export async function writeRejects(path: string, rejects: readonly Reject[]): Promise<void> {
  if (rejects.length === 0) return rm(path, { force: true });
  await replaceFile(path, rejects.map((reject) => `${JSON.stringify(reject)}\n`).join(''));
}

/** @returns what `writeRejects` wrote */
export async function readRejectsFile(path: string): Promise<Reject[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Reject);
}
