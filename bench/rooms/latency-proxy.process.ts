// Stands between a client and a server of this machine as a network would: node latency-proxy.process.ts <port> <round trip in ms>…
// In a process of its own, so that it is not slowed down by the client's event loop. Ends with its standard input.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const [target, ...roundTrips] = process.argv.slice(2).map(Number);

const ports: Record<number, number> = {};
for (const roundTripMs of roundTrips) {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target!, host: '127.0.0.1', noDelay: true });
    // Node's timers know whole milliseconds
    pass(client, upstream, Math.floor(roundTripMs / 2));
    pass(upstream, client, Math.ceil(roundTripMs / 2));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ports[roundTripMs] = (server.address() as AddressInfo).port;
}
console.log(JSON.stringify(ports));

process.stdin.resume().on('end', () => process.exit());

/** Timers of one length fire in the order in which they were set. */
function pass(from: Socket, to: Socket, delayMs: number): void {
  const later = (work: () => void): void => void setTimeout(work, delayMs);
  from.on('data', (chunk) => later(() => to.write(chunk)));
  from.on('end', () => later(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => later(() => to.destroy()));
}
