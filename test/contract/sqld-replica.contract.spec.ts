import { runBeyondClientContract, runReadingContract } from './run-contract.js';
import { countReads, createReplicaSetup } from './setups/replica.js';

const setup = createReplicaSetup(countReads());
if (process.env.REPLICA_CONTRACT === 'all') runBeyondClientContract(setup);
else runReadingContract(setup, 'beyond');
