import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createTempFolder } from './temp-folder.js';

export interface TempDatabase {
  folder: string;
  /** A path at which no file exists yet. */
  path: string;
  /** The same path as a `file:` URL. */
  url: string;
}

/** A database file alone in its folder, so that `-wal` and `-shm` go with it at the end of the run. */
export async function createTempDatabase(name = 'test.db'): Promise<TempDatabase> {
  const folder = await createTempFolder('database');
  const path = join(folder, name);
  return { folder, path, url: pathToFileURL(path).href };
}
