// @ts-check
// Plain JavaScript, because Jest's global setup loads it before anything is transformed.
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'NESTJS_TURSO_TEST_FOLDER';

/** One folder holds everything that a run leaves behind; workers find it through the environment. */
export async function createRunFolder() {
  const place = (await isRoomy(inMemory)) ? inMemory : tmpdir();
  const folder = await mkdtemp(join(place, 'nestjs-turso-test-'));
  process.env[variable] = folder;
  // for what the library itself puts there, such as the data of a server
  process.env['TMPDIR'] = folder;
}

/** Half of the time of a run is waiting for a disk, which no test is about: a killed process loses nothing of what the system has. */
const inMemory = '/dev/shm';
const gigabyte = 2 ** 30;

/** @param {string} path */
async function isRoomy(path) {
  const files = await statfs(path).catch(() => undefined);
  const room = files === undefined ? 0 : files.bavail * files.bsize;
  return room >= 4 * gigabyte && process.availableMemory() >= 4 * gigabyte;
}

export async function removeRunFolder() {
  const folder = process.env[variable];
  if (folder) await rm(folder, { recursive: true, force: true });
}

/**
 * An empty folder, removed at the end of the run.
 * @param {string} [label]
 * @returns {Promise<string>}
 */
export function createTempFolder(label = 'folder') {
  return mkdtemp(join(process.env[variable] ?? tmpdir(), `${label}-`));
}
