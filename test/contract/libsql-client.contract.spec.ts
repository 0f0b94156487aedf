import { createReferenceSetup } from './setups/reference.js';
import { describeClientContract } from './client-contract.js';

describeClientContract(createReferenceSetup());
