import { runClientContract, runReadingContract } from './run-contract.js';
import { countReads, createReplicaSetup } from './setups/replica.js';

// in a file of its own, for a processor of its own: each fact starts a process
const setup = createReplicaSetup(countReads());
if (process.env.REPLICA_CONTRACT === 'all') runClientContract(setup);
else runReadingContract(setup, 'client');
