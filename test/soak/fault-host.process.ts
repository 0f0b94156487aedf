import { startFaultProxy } from '../support/fault-proxy.js';
import { startSqld } from '../support/sqld-server.js';
import { rage } from './fault-storm.js';

// node --import …/register-typescript.js fault-host.process.ts <seed>, with an IPC channel: a server behind a proxy, in a process of
// their own, so that their work is not measured. It begins to break things at 'rage', stops at 'calm' and ends with its parent.
const seed = Number(process.argv[2]);
const server = await startSqld();
const proxy = await startFaultProxy(server.url);
const stop = new AbortController();
let raging: Promise<Record<string, number>> | undefined;

process.on('message', (message) => {
  if (message === 'rage') raging = rage({ server, proxy }, seed, stop.signal);
  if (message === 'calm') void calm();
});
process.once('disconnect', () => void end());
process.send?.({ url: proxy.url, direct: server.url });

async function calm(): Promise<void> {
  stop.abort();
  process.send?.({ counts: await raging, requests: proxy.counts.requests });
}

async function end(): Promise<void> {
  await proxy.close();
  await server.stop();
  process.exit(0);
}
