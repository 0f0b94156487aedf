import { runConnectionContract } from './run-contract.js';
import { createSqldNamespaceSetup } from './setups/servers.js';

runConnectionContract(createSqldNamespaceSetup());
