import { runConnectionContract } from './run-contract.js';
import { createSqliteMemorySetup } from './setups/sqlite.js';

runConnectionContract(createSqliteMemorySetup());
