// @ts-check
// Plain JavaScript, because Jest's global setup loads it before anything is transformed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'NESTJS_TURSO_TEST_FOLDER';

/** One folder holds everything that a run leaves on the disk; workers find it through the environment. */
export async function createRunFolder() {
  process.env[variable] = await mkdtemp(join(tmpdir(), 'nestjs-turso-test-'));
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
