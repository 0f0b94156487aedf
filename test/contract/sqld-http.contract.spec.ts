import { createSqldSetup } from './setups/connections.js';
import { describeConnectionContract } from './connection-contract.js';

describeConnectionContract(createSqldSetup({ jwt: false }));
