import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** `node:http` tells of its requests on the one, `fetch` on the other. A WebSocket has none. */
const channels = ['http.client.request.start', 'undici:request:create'];

/** How many HTTP requests leave this process during a call. */
export async function countRequests(call: () => Promise<unknown>): Promise<number> {
  // a request that is written as soon as its socket stands is told of twice
  const requests = new Set<unknown>();
  const count = (message: unknown): void => void requests.add((message as { request: unknown }).request);
  for (const channel of channels) subscribe(channel, count);
  try {
    await call();
    return requests.size;
  } finally {
    for (const channel of channels) unsubscribe(channel, count);
  }
}
