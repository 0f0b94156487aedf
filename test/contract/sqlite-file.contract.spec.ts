import { createSqliteFileSetup } from './setups/connections.js';
import { describeConnectionContract } from './connection-contract.js';

describeConnectionContract(createSqliteFileSetup());
