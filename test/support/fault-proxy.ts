import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { FaultPlan, type Fault, type FaultScope } from './fault.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { ProxiedConnection, type ProxyCounts } from './proxied-connection.js';

export type { Fault, FaultScope } from './fault.js';

/** Stands between a client and a server and passes everything on, until told otherwise. */
export interface FaultProxy {
  readonly url: string;
  readonly port: number;
  readonly counts: Readonly<ProxyCounts>;
  /** Faults meet requests in the order in which they were injected. */
  inject(fault: Fault, scope?: FaultScope): void;
  /** Forgets every fault; what a request has already met stays. */
  clear(): void;
  /** Stops listening and resets what is open: new connections are refused. */
  refuse(): Promise<void>;
  /** Listens again. */
  accept(): Promise<void>;
  /** Resets every open connection. */
  resetConnections(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(targetUrl);
  const target = { host: hostname, port: Number(targetPort) };
  const port = await findFreePort();
  const plan = new FaultPlan();
  const counts: ProxyCounts = { connections: 0, requests: 0, bytesUp: 0, bytesDown: 0 };
  const open = new Set<ProxiedConnection>();

  let server: Server | undefined;
  const accept = async (): Promise<void> => {
    if (server) return;
    server = createServer({ allowHalfOpen: true }, (client) => {
      counts.connections++;
      const connection = new ProxiedConnection(client, target, [plan.takeForConnection(), plan], counts);
      open.add(connection);
      client.on('close', () => open.delete(connection));
    });
    await once(server.listen(port, '127.0.0.1').unref(), 'listening');
  };
  const resetConnections = (): void => open.forEach((connection) => connection.reset());
  const refuse = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (!closing) return;
    const closed = once(closing.close(), 'close');
    resetConnections();
    await closed;
  };

  await accept();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    counts,
    inject: (fault, scope = {}) => plan.inject(fault, scope),
    clear: () => plan.clear(),
    refuse,
    accept,
    resetConnections,
    close: refuse,
    [Symbol.asyncDispose]: refuse,
  };
}
