import { createReferenceSetup } from './setups/reference.js';
import { runClientContract } from './run-contract.js';

runClientContract(createReferenceSetup());
