import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { spawnGuarded } from './guarded-process.js';

export interface SilentHost {
  readonly url: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A host on which connecting never succeeds and never fails: its process is suspended and its queue is full. */
export async function startSilentHost(onPort?: number): Promise<SilentHost> {
  const port = onPort ?? (await findFreePort());
  const listen = `require('node:net').createServer()
    .listen({ port: ${port}, host: '127.0.0.1', backlog: 1 }, () => console.log('listening'))`;
  const listener = spawnGuarded(process.execPath, ['-e', listen], {});
  while (!listener.logs().includes('listening')) {
    if (listener.hasExited()) throw new Error(listener.logs());
    await sleep(5);
  }
  listener.kill('SIGSTOP');

  const queued: Socket[] = [];
  while (queued.length < 20) {
    const socket = connect(port, '127.0.0.1').unref();
    socket.on('error', () => undefined);
    queued.push(socket);
    const isQueued = await Promise.race([once(socket, 'connect').then(() => true), sleep(200, false)]);
    if (!isQueued) break;
  }

  const close = async (): Promise<void> => {
    for (const socket of queued) socket.destroy();
    listener.kill('SIGKILL');
    await listener.exited;
  };
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}
