import { createHash } from 'node:crypto';
import { createMigrationError } from './migration-errors.js';
import type { MigrationFile } from './migration-file.js';

/**
 * Reads a file's bytes. A byte order mark and the kind of line ends depend on an editor or on git, so they change neither the
 * checksum nor what runs.
 * @throws ConfigurationError for a file that is not UTF-8 text
 */
export function decodeMigration(name: string, bytes: Uint8Array): MigrationFile {
  const text = decodeText(name, bytes).replace(/\r\n?/g, '\n');
  return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
}

function decodeText(name: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // not UTF-8: the same error as for UTF-16 that happens to decode
  }
  throw createMigrationError(`migration ${name} is not UTF-8 text: save it as UTF-8`, 'MIGRATION_INVALID');
}
