import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** `node:http` tells of its requests on the one, `fetch` on the other. A WebSocket has none. */
const channels = ['http.client.request.start', 'undici:request:create'];

/** How many HTTP requests leave this process during a call. */
export async function countRequests(call: () => Promise<unknown>): Promise<number> {
  let requests = 0;
  const count = (): void => void requests++;
  for (const channel of channels) subscribe(channel, count);
  try {
    await call();
    return requests;
  } finally {
    for (const channel of channels) unsubscribe(channel, count);
  }
}
