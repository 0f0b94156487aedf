import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';

export interface TlsProxyOptions {
  /** `server` is valid for localhost, db.internal.test and 127.0.0.1; `expired` was. */
  certificate?: 'server' | 'expired';
  /** Turns away clients that do not show the `client` certificate. */
  requireClientCertificate?: boolean;
}

export interface TlsProxy {
  readonly url: string;
  readonly port: number;
  /** The certificate of the private authority. */
  readonly ca: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where a file lies that `certs/make.sh` made. */
export const certificatePath = (name: string): string => join(import.meta.dirname, 'certs', `${name}.pem`);

/** Ends TLS in front of a server that speaks plain TCP, with a certificate that only a private authority vouches for. */
export async function startTlsProxy(targetUrl: string, options: TlsProxyOptions = {}): Promise<TlsProxy> {
  const { hostname, port: targetPort } = new URL(targetUrl);
  const { certificate = 'server', requireClientCertificate = false } = options;
  const read = (name: string): Promise<string> => readFile(certificatePath(name), 'utf8');
  const [ca, cert, key] = await Promise.all([read('ca'), read(certificate), read(`${certificate}-key`)]);
  const port = await findFreePort();
  const open = new Set<{ destroy(): unknown }>();

  const server = createServer(
    { noDelay: true, ca, cert, key, requestCert: requireClientCertificate },
    (client) => {
      const upstream = connect({ port: Number(targetPort), host: hostname, noDelay: true }).unref();
      client.pipe(upstream).pipe(client);
      for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
        open.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          open.delete(socket);
          other.destroy();
        });
      }
    },
  );
  server.on('connection', (socket: Socket) => void socket.unref());
  await once(server.listen(port, '127.0.0.1').unref(), 'listening');

  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server.close(), 'close');
    for (const socket of open) socket.destroy();
    await closed;
  };
  return { url: `https://localhost:${port}`, port, ca, close, [Symbol.asyncDispose]: close };
}
