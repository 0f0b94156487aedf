import { findSqld } from '../../lib/testing/server/find-sqld.js';

/** The path of the libSQL server that the tests run against; `SQLD_BINARY` names another one. */
export function findSqldBinary(): Promise<string> {
  return findSqld({ binary: process.env['SQLD_BINARY'] });
}
