import { afterAll } from '@jest/globals';
import { runBeyondClientContract } from './run-contract.js';
import { createReplicaSetup } from './setups/replica.js';

const reads = { local: 0, remote: 0 };

runBeyondClientContract(
  createReplicaSetup((local, remote) => {
    reads.local += local;
    reads.remote += remote;
  }),
);

afterAll(() => {
  const share = (100 * reads.local) / (reads.local + reads.remote);
  console.info(`${reads.local} of ${reads.local + reads.remote} reads were local (${share.toFixed(1)} %)`);
});
