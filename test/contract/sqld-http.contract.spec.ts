import { runConnectionContract } from './run-contract.js';
import { createSqldSetup } from './setups/servers.js';

runConnectionContract(createSqldSetup());
