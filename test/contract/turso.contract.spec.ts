import { describeConnectionContract } from './connection-contract.js';
import { createSqldSetup, createTursoSetup } from './setups/connections.js';

// A server that asks for a token is what is nearest to Turso on any machine.
describeConnectionContract(createSqldSetup({ jwt: true }));

const { TURSO_TEST_DATABASE_URL, TURSO_TEST_AUTH_TOKEN } = process.env;
if (TURSO_TEST_DATABASE_URL && TURSO_TEST_AUTH_TOKEN) {
  describeConnectionContract(createTursoSetup(TURSO_TEST_DATABASE_URL, TURSO_TEST_AUTH_TOKEN));
}
