import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';
import { ConfigurationError } from '../../errors/configuration-error.js';

/** Version 13 needs N-API 10: it segfaults on an older Node instead of throwing. */
const oldestNodeForVersion13 = [22, 14] as const;

/**
 * Loads better-sqlite3, which is optional: an app on Turso alone never loads native code.
 * @throws ConfigurationError when it is missing, or when it would crash this Node
 */
export async function loadBetterSqlite3(): Promise<typeof BetterSqlite3> {
  const require = createRequire(import.meta.url);
  const { version } = loadManifest(require);
  assertRunsOnNode(version, process.versions.node);
  const loaded = (await import('better-sqlite3')) as { default: typeof BetterSqlite3 };
  return loaded.default;
}

/** @throws ConfigurationError when this better-sqlite3 would crash this Node */
export function assertRunsOnNode(version: string, node: string): void {
  const [major = 0] = version.split('.').map(Number);
  const [nodeMajor = 0, nodeMinor = 0] = node.split('.').map(Number);
  const [needMajor, needMinor] = oldestNodeForVersion13;
  if (major < 13 || nodeMajor > needMajor || (nodeMajor === needMajor && nodeMinor >= needMinor)) return;
  throw new ConfigurationError(
    `better-sqlite3 ${version} needs Node ${needMajor}.${needMinor} or newer and would crash Node ${node}: ` +
      'run "npm install better-sqlite3@12" or update Node',
  );
}

/** @throws ConfigurationError when the package is not installed where `require` looks */
export function loadManifest(require: NodeJS.Require): { version: string } {
  try {
    return require('better-sqlite3/package.json') as { version: string };
  } catch (error) {
    throw new ConfigurationError(
      'A SQLite database needs the package better-sqlite3: run "npm install better-sqlite3"',
      'DRIVER_NOT_INSTALLED',
      error,
    );
  }
}
