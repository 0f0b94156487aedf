import type { Row } from '@libsql/core/api';
import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Statement } from '../contract/statement.js';
import { createStreamWritesError } from '../errors/usage-errors.js';
import { checkStatement } from '../sql/check-statement.js';
import { firstKeyword } from '../sql/classify-sql.js';
import type { TransactionScope } from './transaction-scope.js';

/**
 * Reads the rows of a stream that belongs to a transaction, in one go: one that is read bit by bit would keep every other statement of
 * the transaction out, those of the loop over its rows too.
 * @throws DatabaseError
 */
export async function readInTransaction(
  scope: TransactionScope,
  connection: DriverConnection,
  statement: Statement,
  deadline: Deadline,
): Promise<Row[]> {
  const { sql } = statement;
  if (checkStatement(sql, 'transaction') !== 'query') throw createStreamWritesError();
  // asked outside of the transaction, whose own tables are not to be seen there: only where nothing else can tell
  if (firstKeyword(sql) === 'WITH' && !(await connection.isRead(statement, deadline)))
    throw createStreamWritesError();
  const { rows } = await scope.call((transaction, inner) => transaction.execute(statement, inner), deadline);
  return rows;
}
