import { runClientContract } from './run-contract.js';
import { createReplicaSetup } from './setups/replica.js';

// in a file of its own, for a processor of its own: each fact starts a process
runClientContract(createReplicaSetup(() => undefined));
