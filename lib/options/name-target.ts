import type { ResolvedSqliteTarget, ResolvedTursoTarget } from './resolved-options.js';

/** A database for messages, without credentials: `turso at db.example.com:443`. */
export function nameTarget({ backend, location }: ResolvedSqliteTarget | ResolvedTursoTarget): string {
  return `${backend} at ${location}`;
}
