import type { HranaPipelineAnswer } from './hrana-protocol.js';

/** The highest position in the server's log that an answer names; a server without a log names none, and nor does a script. */
export function findReplicationIndex(results: HranaPipelineAnswer['results']): bigint | undefined {
  let highest: bigint | undefined;
  for (const result of results) {
    if (result.type !== 'ok') continue;
    const { response } = result;
    if (response.type !== 'execute' && response.type !== 'batch') continue;
    const named = response.result.replication_index;
    if (named === undefined || named === null) continue;
    const index = BigInt(named);
    if (highest === undefined || index > highest) highest = index;
  }
  return highest;
}
