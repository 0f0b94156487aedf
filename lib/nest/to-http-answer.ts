import { STATUS_CODES } from 'node:http';
import type { DatabaseError } from '../errors/database-error.js';

/** What a client of the app may know about a failure: no SQL, no value, no name of a table. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly error: string;
  readonly message: string;
  readonly code: string;
}

/** Codes of rows that are wrong by themselves; every other constraint is a conflict with rows that are there. */
const invalidRowCodes = [
  'SQLITE_CONSTRAINT_NOTNULL',
  'SQLITE_CONSTRAINT_CHECK',
  'SQLITE_CONSTRAINT_DATATYPE',
];

/** The answer of an HTTP server to a failure of its database. */
export function toHttpAnswer(error: DatabaseError): HttpAnswer {
  const { statusCode, message } = classify(error);
  return { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message, code: error.code };
}

function classify(error: DatabaseError): { statusCode: number; message: string } {
  switch (error.kind) {
    case 'constraint':
      return classifyConstraint(error.extendedCode);
    case 'busy':
    case 'timeout':
    case 'unavailable':
    case 'aborted':
      return unavailable(error.outcome);
    case 'too-large':
      return { statusCode: 413, message: 'A value or an answer is larger than the database takes' };
    case 'closed':
      // the connection is closed while the app stops; a closed transaction is a mistake in the code
      return error.code === 'CLIENT_CLOSED' ? unavailable(error.outcome) : internal;
    case 'auth':
    case 'configuration':
    case 'corrupt':
    case 'internal':
    case 'read-only':
    case 'syntax':
    default:
      return internal;
  }
}

const internal = { statusCode: 500, message: 'Internal server error' };

function classifyConstraint(extendedCode: string | undefined): { statusCode: number; message: string } {
  if (extendedCode !== undefined && invalidRowCodes.includes(extendedCode)) {
    return { statusCode: 400, message: 'A value is missing or not allowed' };
  }
  if (extendedCode === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return {
      statusCode: 409,
      message: 'Another record that this one refers to is missing, or refers to this one',
    };
  }
  if (extendedCode === 'SQLITE_CONSTRAINT_UNIQUE' || extendedCode === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return { statusCode: 409, message: 'A record with the same key exists already' };
  }
  return { statusCode: 409, message: 'The change does not fit the records that exist' };
}

function unavailable(outcome: DatabaseError['outcome']): { statusCode: number; message: string } {
  const message =
    outcome === 'not-applied'
      ? 'The database is not available at the moment; nothing was changed'
      : 'The database did not answer in time; whether it made the change is not known';
  return { statusCode: 503, message };
}
