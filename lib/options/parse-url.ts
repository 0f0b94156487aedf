import { parseSqliteUrl, type ParsedSqliteUrl } from './parse-sqlite-url.js';
import { parseTursoUrl, type ParsedTursoUrl } from './parse-turso-url.js';
import type { UrlErrorFactory } from './url-error.js';
import { isBareMemory, isWindowsPath, splitUrl } from './url-parts.js';
import { backendOf, explainScheme } from './url-schemes.js';

/** A URL taken to pieces; credentials stand apart from everything that may be printed. */
export type ParsedUrl = ParsedSqliteUrl | ParsedTursoUrl;

/**
 * Reads every form of URL. A message about a broken one shows its scheme at most: anything behind it may be a token.
 *
 * @throws {ConfigurationError} with libSQL's codes `URL_INVALID`, `URL_SCHEME_NOT_SUPPORTED`, `URL_PARAM_NOT_SUPPORTED`
 */
export function parseUrl(text: string, createError: UrlErrorFactory): ParsedUrl {
  if (text === '') throw createError('is empty: give it a URL or leave it out', 'URL_INVALID');
  if (text !== text.trim()) throw createError('has white space around it: remove it', 'URL_INVALID');
  if (/^["'`]|["'`]$/.test(text))
    throw createError('has quotation marks around it: remove them', 'URL_INVALID');
  if (text.includes('\0')) throw createError('has a NUL character in it: remove it', 'URL_INVALID');
  if (isWindowsPath(text)) return { backend: 'sqlite', path: text, sharedCache: false };

  const parts = splitUrl(isBareMemory(text) ? `sqlite:${text}` : text);
  if (parts === undefined) {
    throw createError(
      'has no scheme: write sqlite: in front of a path (sqlite:./app.db), libsql:// in front of a host',
      'URL_INVALID',
    );
  }
  switch (backendOf(parts.scheme)) {
    case 'turso':
      return parseTursoUrl(parts, createError);
    case 'sqlite':
      return parseSqliteUrl(parts, createError);
    case undefined:
      throw createError(explainScheme(parts), 'URL_SCHEME_NOT_SUPPORTED');
  }
}
