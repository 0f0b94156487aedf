import { parseHost } from './parse-host.js';
import { parseQuery } from './parse-query.js';
import type { UrlErrorFactory } from './url-error.js';
import { decodePercent, type UrlParts } from './url-parts.js';

/** A Turso URL taken to pieces. */
export interface ParsedTursoUrl {
  readonly backend: 'turso';
  readonly secure: boolean;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** Percent-encoded, without a slash at its end. */
  readonly basePath: string;
  /** Token in front of the `@`. */
  readonly userinfoToken: string | undefined;
  /** Token in `?authToken=`. */
  readonly queryToken: string | undefined;
}

/** @throws {ConfigurationError} `URL_INVALID` or `URL_PARAM_NOT_SUPPORTED` */
export function parseTursoUrl(parts: UrlParts, createError: UrlErrorFactory): ParsedTursoUrl {
  const { scheme, authority } = parts;
  const invalid = (problem: string): Error => createError(`${problem} (${scheme}://…)`, 'URL_INVALID');
  if (authority === undefined) throw invalid(`has no host: write ${scheme}://host`);
  const behind = parts.path + (parts.query ?? '') + (parts.fragment ?? '');
  // An unencoded / ? or # in a token makes its rest look like a path, and its start like a host.
  if (behind.includes('@'))
    throw invalid('has an @ behind its host: percent-encode the token in front of the @');
  if (parts.fragment !== undefined) throw invalid('has a fragment (#…): remove it');
  if (/\s/.test(authority + behind)) throw invalid('has white space in it: remove it');

  const at = authority.lastIndexOf('@');
  const { hostname, port } = parseHost(authority.slice(at + 1), invalid);
  const params = parseQuery(parts.query, ['authToken', 'tls'], () => undefined, createError);
  const secure = readTls(scheme, params.get('tls'), port !== undefined, invalid);
  return {
    backend: 'turso',
    secure,
    hostname,
    port: port ?? (secure ? 443 : 80),
    basePath: encodePath(parts.path, invalid),
    userinfoToken: at < 0 ? undefined : readUserinfo(authority.slice(0, at), scheme, invalid),
    queryToken: params.get('authToken'),
  };
}

/** libSQL's rules: only `libsql:` lets `?tls=` decide, and plain `libsql:` has no port of its own. */
function readTls(
  scheme: string,
  tls: string | undefined,
  hasPort: boolean,
  invalid: (problem: string) => Error,
): boolean {
  if (tls !== undefined && tls !== '0' && tls !== '1') throw invalid('has a "tls" that is neither 0 nor 1');
  const secure = scheme === 'libsql' ? tls !== '0' : scheme === 'https' || scheme === 'wss';
  if (scheme === 'libsql' && !secure && !hasPort)
    throw invalid('has ?tls=0 and no port: a plain "libsql:" URL needs its port');
  if (tls !== undefined && secure !== (tls === '1')) {
    throw invalid(
      secure
        ? `cannot switch TLS off with ?tls=0: write libsql: or http:`
        : `cannot switch TLS on with ?tls=1: write libsql: or https:`,
    );
  }
  return secure;
}

function readUserinfo(userinfo: string, scheme: string, invalid: (problem: string) => Error): string {
  if (userinfo === '') throw invalid('has nothing in front of its @: put the token there or remove the @');
  if (userinfo.includes(':'))
    throw invalid(`has a user and a password: a libSQL URL takes a token alone, ${scheme}://TOKEN@host`);
  const token = decodePercent(userinfo);
  if (token === undefined) throw invalid('has a broken percent-encoding in front of its @');
  return token;
}

function encodePath(path: string, invalid: (problem: string) => Error): string {
  const decoded = path.replace(/\/+$/, '').split('/').map(decodePercent);
  if (!decoded.every((segment) => segment !== undefined))
    throw invalid('has a broken percent-encoding in its path');
  return decoded.map((segment) => encodeURIComponent(segment)).join('/');
}
