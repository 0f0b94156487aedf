import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Knows the requests of an HTTP server that are not answered yet. */
export class RequestsInFlight {
  readonly #responses = new Set<ServerResponse>();

  /** @param server of the app; an app without one has no requests */
  constructor(server: Pick<Server, 'prependListener'> | undefined) {
    // other platforms may have a server of another kind
    if (typeof server?.prependListener !== 'function') return;
    server.prependListener('request', (_request, response: ServerResponse) => {
      this.#responses.add(response);
      response.once('close', () => this.#responses.delete(response));
    });
  }

  /** Waits until those that are in flight now are answered or their clients gone, at most `timeoutMs`. */
  async settled(timeoutMs: number): Promise<void> {
    const patience = new AbortController();
    const { signal } = patience;
    const answered = [...this.#responses].map((response) => once(response, 'close', { signal }));
    const over = sleep(timeoutMs, undefined, { signal });
    await Promise.race([Promise.allSettled(answered), over]).finally(() => patience.abort());
    await over.catch(() => undefined);
  }
}
