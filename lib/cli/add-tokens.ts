import type { TransferTarget } from '../transfer/index.js';
import { askToken, type Terminal } from './ask-token.js';
import type { Place } from './command.js';

/** A server on this machine mostly has no token, and asking for one each time would be a nuisance. */
const here = /^(http|ws):\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/i;

/** Asks for the token of a server where the environment has none and somebody sits in front of it. */
export async function addTokens(
  places: readonly Place[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const complete: Place[] = [];
  for (const place of places) {
    const { server } = place;
    complete.push(
      needsToken(server, terminal) ? { server: await withToken(server, terminal, signal) } : place,
    );
  }
  return complete;
}

function needsToken(server: TransferTarget | undefined, { input }: Terminal): server is TransferTarget {
  return server !== undefined && server.authToken === undefined && input.isTTY && !here.test(server.url);
}

async function withToken(
  server: TransferTarget,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TransferTarget> {
  const [location = ''] = server.url.replace(/^[a-z]+:\/\//i, '').split(/[/?]/);
  const authToken = await askToken(terminal, location, signal);
  return authToken === undefined ? server : { ...server, authToken };
}
