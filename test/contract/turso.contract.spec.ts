import { runConnectionContract } from './run-contract.js';
import { createSqldTlsSetup, createTursoSetup } from './setups/servers.js';

runConnectionContract(createSqldTlsSetup());

const { TURSO_TEST_DATABASE_URL, TURSO_TEST_AUTH_TOKEN } = process.env;
if (TURSO_TEST_DATABASE_URL && TURSO_TEST_AUTH_TOKEN) {
  runConnectionContract(createTursoSetup(TURSO_TEST_DATABASE_URL, TURSO_TEST_AUTH_TOKEN));
}
