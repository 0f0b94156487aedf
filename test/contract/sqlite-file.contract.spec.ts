import { runConnectionContract } from './run-contract.js';
import { createSqliteFileSetup } from './setups/sqlite.js';

runConnectionContract(createSqliteFileSetup());
