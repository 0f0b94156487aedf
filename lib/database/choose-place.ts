import type { TransactionMode } from '../contract/statement.js';
import { createStatementRefusedError } from '../errors/usage-errors.js';
import type { Propagation } from './transaction-options.js';
import type { TransactionScope } from './transaction-scope.js';

/** Where a transaction callback runs. */
export type Place = 'join' | 'nest' | 'begin' | 'without';

/**
 * Decides where a callback runs, by its propagation and the transaction around it.
 * @throws DatabaseError `TRANSACTION_PROPAGATION` when the two do not fit
 */
export function choosePlace(
  propagation: Propagation,
  outer: TransactionScope | undefined,
  mode: TransactionMode,
  readsBesideWriter: boolean,
): Place {
  switch (propagation) {
    case 'nested':
      return outer === undefined ? 'begin' : 'nest';
    case 'required':
      return outer === undefined ? 'begin' : 'join';
    case 'mandatory':
      if (outer === undefined) throw refuse('"mandatory" needs an open transaction, and there is none');
      return 'join';
    case 'requires-new':
      if (outer !== undefined && mode !== 'read') {
        throw refuse(
          '"requires-new" would wait for the transaction that it is called in: SQLite has one writer. Use "nested", or mode "read"',
        );
      }
      if (outer !== undefined && !readsBesideWriter) {
        throw refuse(
          '"requires-new" would wait for the transaction that it is called in: an in-memory database has one handle. Use "nested", or a file',
        );
      }
      return 'begin';
    case 'not-supported':
      return 'without';
    case 'never':
      if (outer !== undefined) throw refuse('"never" must not run inside a transaction');
      return 'without';
    default:
      throw refuse(`unknown propagation "${String(propagation)}"`);
  }
}

function refuse(message: string): Error {
  return createStatementRefusedError(message, 'TRANSACTION_PROPAGATION');
}
