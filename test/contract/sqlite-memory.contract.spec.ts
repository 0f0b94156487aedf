import { createSqliteMemorySetup } from './setups/connections.js';
import { describeConnectionContract } from './connection-contract.js';

describeConnectionContract(createSqliteMemorySetup());
