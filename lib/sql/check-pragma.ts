import { createStatementRefusedError } from '../errors/usage-errors.js';
import { skipTrivia } from './skip-trivia.js';

/** How a pragma may run through a connection. */
export type PragmaUse = 'read' | 'write';

/** Pragmas that only tell something, with or without an argument (`table_info(tasks)`). */
const readable = new Set(
  (
    'application_id collation_list compile_options data_version database_list encoding foreign_key_check foreign_key_list ' +
    'foreign_keys freelist_count function_list index_info index_list index_xinfo integrity_check journal_mode module_list ' +
    'page_count page_size pragma_list quick_check schema_version synchronous table_info table_list table_xinfo user_version'
  ).split(' '),
);

/** Of those, the ones that take a name in parentheses or behind `=` and still only tell something. */
const takesArgument = new Set(
  'foreign_key_check foreign_key_list index_info index_list index_xinfo integrity_check quick_check table_info table_list table_xinfo'.split(
    ' ',
  ),
);

/** Pragmas that change the database itself, not the session. */
const writable = new Set(['application_id', 'user_version']);

/** Pragmas that change nothing but the current transaction, or nothing at all inside one. */
const inTransaction = new Set(['defer_foreign_keys', 'foreign_keys']);

/** Pragmas that keep the file in order; local files only. */
const maintenance = new Set(['incremental_vacuum', 'optimize', 'wal_checkpoint']);

const pattern = /^PRAGMA\s+(?:\w+\s*\.\s*)?(\w+)/i;

/**
 * Says how a pragma may run, or refuses it. A pragma that changes the session would change it for every caller who shares the
 * connection, so those are options; see `sqlite` and `sqlite.pragmas`.
 * @throws DatabaseError `PRAGMA_NOT_SUPPORTED`
 */
export function checkPragma(sql: string, inside: 'transaction' | 'autocommit'): PragmaUse {
  const text = sql.slice(skipTrivia(sql));
  const [head = '', name = ''] = pattern.exec(text) ?? [];
  const pragma = name.toLowerCase();
  const hasArgument = /^[=(]/.test(text.slice(skipTrivia(text, head.length, false)));
  if (readable.has(pragma) && (!hasArgument || takesArgument.has(pragma))) return 'read';
  if (writable.has(pragma) || maintenance.has(pragma)) return 'write';
  if (inTransaction.has(pragma) && inside === 'transaction') return 'write';
  throw createStatementRefusedError(
    pragma === ''
      ? 'EXPLAIN of a PRAGMA is not supported, nor a comment or quotes in front of its name: preparing a pragma executes it'
      : `PRAGMA ${pragma} is not allowed through execute(): it would change the session of every caller. ` +
          'Set it with the option "sqlite" (synchronous, journalMode, cacheSizeKb, mmapSizeMb, pragmas)',
    'PRAGMA_NOT_SUPPORTED',
  );
}
