import type { UrlParts } from './url-parts.js';
import { suggest } from './suggest.js';

const tursoSchemes: readonly string[] = ['libsql', 'https', 'http', 'wss', 'ws'];
const sqliteSchemes: readonly string[] = ['sqlite', 'file'];

/** Schemes that a platform or another library may have put there. They are no secret. */
const foreignSchemes: ReadonlySet<string> = new Set(
  'postgres postgresql mysql mysql2 mariadb mongodb mongodb+srv redis rediss sqlserver mssql oracle jdbc cockroachdb prisma prisma+postgres turso sqlite3 better-sqlite3 sqlite+aiosqlite duckdb d1 amqp ftp data grpc tcp unix'.split(
    ' ',
  ),
);

/** The backend that a scheme belongs to. */
export function backendOf(scheme: string): 'turso' | 'sqlite' | undefined {
  if (tursoSchemes.includes(scheme)) return 'turso';
  return sqliteSchemes.includes(scheme) ? 'sqlite' : undefined;
}

/** End of a sentence about a scheme that nobody knows here. A scheme is shown only when it cannot be a cut-off credential. */
export function explainScheme({ scheme, authority }: UrlParts): string {
  const showable =
    foreignSchemes.has(scheme) || (authority !== undefined && /^[a-z][a-z+.-]{1,11}$/.test(scheme));
  const meant = scheme === 'turso' ? 'libsql' : suggest(scheme, [...tursoSchemes, ...sqliteSchemes]);
  const hint = showable && meant !== undefined ? `: did you mean "${meant}:"?` : '';
  const shown = showable ? `the scheme "${scheme}:"` : 'an unknown scheme';
  return `has ${shown}, which is neither Turso (libsql:, https:, http:, wss:, ws:) nor SQLite (sqlite:, file:, :memory:)${hint}`;
}
