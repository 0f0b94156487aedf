import { createJwtKey } from '../../../lib/testing/server/jwt-key.js';
import { once, type Cell, type Scenario } from './scenario.js';

/** Refused by the server itself, at the first request. */
function refused(fault: string, authToken: (cell: Cell) => string | undefined): Scenario {
  return {
    fault,
    withinMs: 10_000,
    when: 'boot',
    guarded: true,
    options: (cell) => ({ authToken: authToken(cell) }),
    strike: () => undefined,
    next: { name: 'with a valid token', options: () => ({}) },
  };
}

/** Answers a token of a key that the server does not know any more, and then its own. */
function rotate({ server }: Cell): () => string {
  const tokens = [createJwtKey().signToken({ a: 'rw' })];
  return () => tokens.pop() ?? (server.authToken as string);
}

/** Tokens that the server refuses. */
export const tokenScenarios: readonly Scenario[] = [
  refused('Expired JWT', ({ server }) => server.expiredToken),
  refused('Wrong JWT', ({ server }) => `${server.authToken?.slice(0, -8)}AAAAAAAA`),
  refused('Missing JWT', () => undefined),
  refused('Read-only JWT', ({ server }) => server.readOnlyToken),
  {
    fault: 'Rotated JWT, `authToken` is a function',
    withinMs: 10_000,
    when: 'boot',
    guarded: true,
    options: (cell) => ({ authToken: rotate(cell) }),
    strike: () => undefined,
  },
  {
    fault: '401 in the middle of the work, `authToken` is a function',
    withinMs: 10_000,
    guarded: true,
    options: ({ server }) => ({ authToken: () => server.authToken as string }),
    strike: once({ kind: 'respond', status: 401, body: '{"error":"expired"}' }),
  },
];
