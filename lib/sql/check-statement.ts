import { createArgsError, createStatementRefusedError } from '../errors/usage-errors.js';
import { classifySql, firstKeyword, type SqlClass } from './classify-sql.js';
import { checkPragma } from './check-pragma.js';
import { readParameters } from './read-parameters.js';
import { splitScript } from './split-script.js';

/**
 * Refuses what must not run as a single statement, on every backend alike.
 * @returns the statement's class; a pragma that only reads counts as `query`, one that writes as `schema`
 * @throws DatabaseError `TRANSACTION_CONTROL`, `STATEMENT_NOT_SUPPORTED`, `PRAGMA_NOT_SUPPORTED`, `SQL_NO_STATEMENT`
 */
export function checkStatement(sql: string, inside: 'transaction' | 'autocommit'): SqlClass {
  const found = classifySql(sql);
  switch (found) {
    case 'empty':
      throw createStatementRefusedError('SQL string does not contain any statement', 'SQL_NO_STATEMENT');
    case 'attach':
      throw createStatementRefusedError(
        `${firstKeyword(sql)} is not supported: a connection serves one database; give every database its own named connection`,
        'STATEMENT_NOT_SUPPORTED',
      );
    case 'temporary':
      throw createStatementRefusedError(
        'temporary tables, views and triggers are not supported: they belong to one handle, and a connection has several. ' +
          'Use a WITH clause, or a table of your own that you drop',
        'STATEMENT_NOT_SUPPORTED',
      );
    case 'transaction-control':
      throw createTransactionControlError(sql, inside);
    case 'savepoint':
      if (inside === 'autocommit') throw createTransactionControlError(sql, inside);
      return found;
    case 'pragma':
      return checkPragma(sql, inside) === 'read' ? 'query' : 'schema';
    default:
      return found;
  }
}

/**
 * Refuses a script that would leave the connection in another state than it found it: an unbalanced BEGIN, a COMMIT of somebody
 * else's transaction, a session pragma.
 * @throws DatabaseError `TRANSACTION_CONTROL`, `STATEMENT_NOT_SUPPORTED`, `PRAGMA_NOT_SUPPORTED`, `ARGS_INVALID`
 */
export function checkScript(script: string, inside: 'transaction' | 'autocommit'): void {
  const open: string[] = [];
  for (const sql of splitScript(script)) {
    const found = classifySql(sql);
    const controls = found === 'transaction-control' || found === 'savepoint';
    if (inside === 'autocommit' && controls) followTransaction(sql, open);
    else checkStatement(sql, open.length === 0 ? inside : 'transaction');
    if (readParameters(sql).names.length > 0)
      throw createArgsError('a script takes no arguments; use batch()');
  }
  const [unended] = open;
  if (unended !== undefined) throw createTransactionControlError(unended, inside);
}

/** Keeps in `open` the statements that began what is not ended yet. */
function followTransaction(sql: string, open: string[]): void {
  const keyword = firstKeyword(sql);
  const begins = keyword === 'BEGIN' || keyword === 'SAVEPOINT';
  if (begins ? keyword === 'BEGIN' && open.length > 0 : open.length === 0) {
    throw createTransactionControlError(sql, 'autocommit');
  }
  if (begins) open.push(sql);
  else if (keyword === 'RELEASE') open.pop();
  else if (classifySql(sql) === 'transaction-control') open.length = 0;
}

function createTransactionControlError(sql: string, inside: 'transaction' | 'autocommit'): Error {
  const keyword = firstKeyword(sql);
  const message =
    inside === 'transaction'
      ? `${keyword} must not be sent as SQL inside a transaction: end it with commit() or rollback(); nest with withTransaction()`
      : `${keyword} must not be sent as SQL: connections are shared, so the transaction would take in other callers' statements. ` +
        'Use withTransaction() or transaction(), or one executeMultiple() script that both begins and ends it';
  return createStatementRefusedError(message, 'TRANSACTION_CONTROL');
}
