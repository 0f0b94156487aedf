import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.js';
import type { TargetDatabase } from '../target/target-database.js';
import type { RemoteSchema } from './read-remote-schema.js';

/** What a pull must find again to go on. */
export interface PullRecord {
  /** Host and port. */
  readonly source: string;
  /** The server's state that is being read; it changes with every write. */
  readonly replicationIndex: string;
  readonly fingerprint: string;
  /** Of each table that has arrived, in the order of the load. */
  readonly digests: readonly (readonly [table: string, digest: string])[];
}

function pathIn(folder: string): string {
  return join(folder, 'pull.json');
}

/** @returns undefined where nothing was begun, or nothing that anybody could go on with */
export async function readPullRecord(folder: string): Promise<PullRecord | undefined> {
  const text = await readFile(pathIn(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  try {
    return JSON.parse(text) as PullRecord;
  } catch {
    return undefined;
  }
}

async function writePullRecord(folder: string, record: PullRecord): Promise<void> {
  await replaceFile(pathIn(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

export async function removePullRecord(folder: string): Promise<void> {
  for (const suffix of ['', '.new']) await rm(pathIn(folder) + suffix, { force: true });
}

/** Keeps the record of a pull up to date behind its back: what it says has arrived, and perhaps something more. */
export class PullBooks {
  readonly #folder: string;
  readonly #record: PullRecord | undefined;
  #writing: Promise<void> = Promise.resolve();
  #areOpen = false;

  constructor({ options }: TargetDatabase, { replicationIndex, fingerprint }: RemoteSchema, folder: string) {
    this.#folder = folder;
    // of a server that does not tell when it was written to, nobody can go on
    if (replicationIndex !== undefined)
      this.#record = { source: options.target.location, replicationIndex, fingerprint, digests: [] };
  }

  /** True once there is something to go on with. */
  get areOpen(): boolean {
    return this.#areOpen;
  }

  note(digests: PullRecord['digests']): void {
    if (this.#record === undefined) return;
    const record = { ...this.#record, digests };
    this.#areOpen = true;
    this.#writing = this.#writing.then(() => writePullRecord(this.#folder, record));
    // close() tells
    this.#writing.catch(() => undefined);
  }

  /** @throws when a record could not be written */
  close(): Promise<void> {
    return this.#writing;
  }
}
