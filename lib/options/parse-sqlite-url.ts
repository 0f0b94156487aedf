import { parseQuery } from './parse-query.js';
import type { UrlErrorFactory } from './url-error.js';
import { decodePercent, isWindowsPath, type UrlParts } from './url-parts.js';

/** A SQLite URL taken to pieces. */
export interface ParsedSqliteUrl {
  readonly backend: 'sqlite';
  /** As written, decoded: relative, absolute, of Windows, or `':memory:'`. */
  readonly path: string;
  /** `?cache=shared` was given. */
  readonly sharedCache: boolean;
}

const memory = ':memory:';

/** @throws {ConfigurationError} `URL_INVALID` or `URL_PARAM_NOT_SUPPORTED` */
export function parseSqliteUrl(parts: UrlParts, createError: UrlErrorFactory): ParsedSqliteUrl {
  const invalid = (problem: string): Error => createError(problem, 'URL_INVALID');
  if (parts.fragment !== undefined) throw invalid('has a fragment: write %23 for a # in a path');

  const path = decodePercent(joinPath(parts, invalid));
  if (path === undefined) throw invalid('has a broken percent-encoding: write %25 for a % in a path');
  if (path.includes('\0')) throw invalid('has a NUL character in it: remove it');
  if (path === '')
    throw invalid(`names no file: write ${parts.scheme}:./app.db, or ${parts.scheme}::memory: for memory`);
  if (path.startsWith('~/')) throw invalid('starts with ~, which only a shell knows: write the folder out');
  if (/[\\/]$/.test(path)) throw invalid('names a folder: put the name of a file behind it');

  return { backend: 'sqlite', path, sharedCache: readCache(parts, path === memory, createError) };
}

/** The path, still encoded, with SQLAlchemy's `///:memory:` and the slash before a drive letter taken off. */
function joinPath({ scheme, authority = '', path }: UrlParts, invalid: (problem: string) => Error): string {
  if (authority === memory && path === '') return memory;
  if (isWindowsPath(authority + path)) return authority + path;
  if (authority !== '' && authority.toLowerCase() !== 'localhost') {
    throw invalid(
      `has a host behind its two slashes: write ${scheme}:./app.db for a relative path, ${scheme}:///data/app.db for an absolute one`,
    );
  }
  if (path.startsWith('/') && isWindowsPath(path.slice(1))) return path.slice(1);
  return path === `/${memory}` ? memory : path.replace(/^\/+/, '/');
}

function readCache({ query }: UrlParts, isMemory: boolean, createError: UrlErrorFactory): boolean {
  const params = parseQuery(query, isMemory ? ['cache'] : [], explainParam, createError);
  const cache = params.get('cache');
  if (cache === undefined || cache === 'private' || cache === 'shared') return cache === 'shared';
  throw createError('has a "cache" that is neither "private" nor "shared"', 'URL_INVALID');
}

function explainParam(name: string): string | undefined {
  if (name === 'authToken' || name === 'tls') return 'a SQLite file needs none';
  if (name === 'mode') return 'write :memory: for memory; a file that cannot be written is opened read-only';
  if (name === 'cache') return 'handles on a file share no cache';
  return undefined;
}
