import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A loopback port that nobody listens on. It lies below the range from which the system takes the ports of outgoing
 * connections: a port of that range may be gone when a stopped server wants it back. `fetch` refuses 10080.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = randomInt(11_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error('Found no free port between 11000 and 30000.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
