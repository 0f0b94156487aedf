import { runConnectionContract } from './run-contract.js';
import { createSqliteSharedSetup } from './setups/sqlite.js';

runConnectionContract(createSqliteSharedSetup());
