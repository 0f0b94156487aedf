import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Above the ports that `fetch` refuses (10080 is the last of them), and below the range from which the system takes the ports of
 * outgoing connections: one of those may be gone when a stopped server wants it back.
 */
const first = 11_000;
const count = 19_000;

/** Each process begins elsewhere and gives no port away twice. */
let next = randomInt(count);

/** A loopback port that nobody listens on. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = first + (next++ % count);
    if ((await isFree(port, '127.0.0.1')) && (await isFree(port, undefined))) return port;
  }
  throw new Error(`Found no free port between ${first} and ${first + count}.`);
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
