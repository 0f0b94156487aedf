import type { Deadline } from '../../async/deadline.js';
import type { FifoGate, Release } from '../../async/fifo-gate.js';
import type { HranaClient } from './hrana-client.js';

/**
 * Takes a stream of the server for a call that is about to be sent.
 * @throws DatabaseError `timeout` or `aborted`, or `CIRCUIT_OPEN` when the server fell silent while it waited; outcome `not-applied`
 */
export async function acquireStream(
  streams: FifoGate,
  client: HranaClient,
  deadline: Deadline,
): Promise<Release> {
  const release = await streams.acquire(deadline);
  try {
    client.throwIfCut();
    return release;
  } catch (error) {
    release();
    throw error;
  }
}
