import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve, win32 } from 'node:path';
import { ConfigurationError } from '../errors/configuration-error.js';
import { defaultUrl } from './default-options.js';
import { variablesOf } from './env-options.js';
import type { OptionsEnvironment } from './options-environment.js';
import type { ParsedSqliteUrl } from './parse-sqlite-url.js';
import { parseUrl } from './parse-url.js';
import type { Origin, PickedOptions } from './picked-options.js';
import { resolveTursoTarget } from './resolve-turso-target.js';
import type { ResolvedOptions, ResolvedSqliteTarget } from './resolved-options.js';
import { assertNoServerOptions } from './server-options.js';
import { isWindowsPath } from './url-parts.js';

/** The database, and what to tell the person who runs the app about it. */
export type Target = Pick<ResolvedOptions, 'target' | 'warnings'>;

/**
 * Finds the database. `ws:` and `wss:` become HTTP to the same host: it carries the same protocol on the same port and, unlike a
 * WebSocket, has bounds and errors that say what happened.
 *
 * @throws {ConfigurationError} naming the variable or option
 */
export function resolveTarget(picked: PickedOptions, env: OptionsEnvironment): Target {
  const url = picked.get('url');
  const origin = picked.originOf('url');
  if (url === undefined || origin === undefined) {
    assertNoServerOptions(picked, 'there is no URL, so this is a SQLite database');
    return resolveWithoutUrl(env);
  }
  const advice = explainWinner(origin, env);
  const parsed = parseUrl(url, (problem, code) =>
    origin.createError(code === 'URL_SCHEME_NOT_SUPPORTED' ? problem + advice : problem, code),
  );
  if (parsed.backend === 'turso') return resolveTursoTarget(parsed, picked, origin);
  assertNoServerOptions(picked, `${origin.label} is a SQLite database`);
  return {
    target: toSqliteTarget(parsed, env.cwd, origin.label),
    warnings: parsed.sharedCache ? [sharedCacheWarning(origin)] : [],
  };
}

function resolveWithoutUrl(env: OptionsEnvironment): Target {
  const [variable] = variablesOf('url', env.name);
  if (env.name !== undefined) {
    throw new ConfigurationError(
      `The connection "${env.name}" has no URL: set ${variable}, or the option "url" in code`,
    );
  }
  if (env.nodeEnv === 'production') {
    throw new ConfigurationError(
      `There is no database URL, and NODE_ENV is "production": set ${variable}, or the option "url" in code`,
    );
  }
  if (env.nodeEnv === 'test') {
    const path = join(tmpdir(), `nestjs-turso-${process.pid}-${randomUUID()}.db`);
    return { target: createSqliteTarget(path, true, 'the temporary database of a test'), warnings: [] };
  }
  const parsed = parseUrl(
    defaultUrl,
    (problem, code) => new ConfigurationError(problem, code),
  ) as ParsedSqliteUrl;
  const message = `There is no database URL, so ${parsed.path} is used: set ${variable} (${defaultUrl} for the same file)`;
  return {
    target: toSqliteTarget(parsed, env.cwd, 'the default path'),
    warnings: [{ code: 'NO_DATABASE_URL', message }],
  };
}

/** A SQLite URL with its path made absolute. */
export function toSqliteTarget({ path }: ParsedSqliteUrl, cwd: string, source: string): ResolvedSqliteTarget {
  if (path === ':memory:') return createSqliteTarget(path, false, source);
  return createSqliteTarget(isWindowsPath(path) ? win32.normalize(path) : resolve(cwd, path), false, source);
}

function createSqliteTarget(path: string, temporary: boolean, source: string): ResolvedSqliteTarget {
  return { backend: 'sqlite', path, temporary, location: path, source };
}

/** Platforms set `DATABASE_URL` for their own database: says how to get past it. */
function explainWinner(origin: Origin, env: OptionsEnvironment): string {
  const [first, second] = variablesOf('url', env.name);
  if (origin.label !== first || second === undefined) return '';
  const shadowed = (env.read(second) ?? '') === '' ? '' : ', which is set too';
  return `; ${first} wins over ${second}${shadowed}: unset ${first}, or set the option "url" in code`;
}

function sharedCacheWarning(origin: Origin): { code: string; message: string } {
  const message = `${origin.label} asks for cache=shared: the database in memory is shared by all calls of this connection, not with other connections`;
  return { code: 'MEMORY_NOT_SHARED', message };
}
