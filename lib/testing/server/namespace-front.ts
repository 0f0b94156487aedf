import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { pipeline } from 'node:stream';
import { findFreePort } from './find-free-port.js';

/** An address that leads to one namespace of a server. */
export interface NamespaceFront {
  readonly url: string;
  close(): void;
}

/**
 * Passes requests on to one namespace. The server takes the namespace from the first label of the Host header, and a name like
 * `reports.localhost` is not found on every machine. It does not keep the event loop alive.
 */
export async function openNamespaceFront(serverPort: number, namespace: string): Promise<NamespaceFront> {
  const port = await findFreePort();
  const front = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const host = `${namespace}.localhost`;
    const passed = request({
      port: serverPort,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...headers, host },
    });
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => undefined);
    });
    // An abort or a reset on one side is one on the other side too.
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  front.on('connection', (socket) => void socket.unref());
  await once(front.listen(port, '127.0.0.1').unref(), 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      front.close();
      front.closeAllConnections();
    },
  };
}
