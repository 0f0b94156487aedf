import { runConnectionContract } from './run-contract.js';
import { createSqliteDeleteModeSetup } from './setups/sqlite.js';

runConnectionContract(createSqliteDeleteModeSetup());
