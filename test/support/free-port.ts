import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which the system takes the ports of outgoing connections: one of those may be gone on a restart. */
const first = 10_000;
const count = 20_000;

/** Two workers of one run never choose from the same ports. */
const workers = 2;
const share = count / workers;
const from = first + (Number(process.env.JEST_WORKER_ID ?? randomInt(workers)) % workers) * share;
let next = randomInt(share);

/** A loopback port that nobody listens on, and that this process has not given away before. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = from + (next++ % share);
    if ((await isFree(port, '127.0.0.1')) && (await isFree(port, undefined))) return port;
  }
  throw new Error(`Found no free port between ${from} and ${from + share}.`);
}

async function isFree(port: number, host: string | undefined): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ port, host }), 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
