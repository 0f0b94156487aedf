import type { Fault } from '../../support/fault.js';
import { lasting, once, type Scenario } from './scenario.js';

const withinMs = 10_000;

/** The server keeps the lock of a transaction whose reply was lost for 5 s, and the next run of it waits for that. */
const withLostLockMs = 15_000;

/** What stands between client and server answers in its place: before the request was forwarded, or behind it. */
function both(fault: string, answer: Omit<Extract<Fault, { kind: 'respond' }>, 'kind'>): Scenario[] {
  const respond = { kind: 'respond', ...answer } as const;
  return [
    { fault: `${fault}, before the work`, withinMs, strike: once(respond) },
    {
      fault: `${fault}, behind the work`,
      withinMs: withLostLockMs,
      strike: once({ ...respond, afterForward: true }),
    },
  ];
}

const slowDown = (seconds: string): Fault => ({
  kind: 'respond',
  status: 429,
  headers: { 'retry-after': seconds },
  body: '{"error":"slow down"}',
});

/** The connection or the answer breaks. */
export const answerScenarios: readonly Scenario[] = [
  {
    fault: 'Reset before the request is forwarded',
    withinMs,
    strike: once({ kind: 'reset-before-forward' }),
  },
  {
    fault: 'Reset behind it: the reply is lost',
    withinMs: withLostLockMs,
    strike: once({ kind: 'reset-after-forward' }),
  },
  {
    fault: 'FIN in the middle of the body',
    withinMs: withLostLockMs,
    strike: once({ kind: 'fin-mid-body' }),
  },
  {
    fault: 'Drip of one byte a second',
    withinMs,
    timeoutMs: 800,
    strike: lasting({ kind: 'drip', bytes: 1, everyMs: 1_000 }),
  },
  { fault: '429 with `Retry-After: 1`, once', withinMs, strike: once(slowDown('1')) },
  { fault: '429 with `Retry-After: 60`', withinMs, strike: lasting(slowDown('60')) },
  ...[500, 502, 503, 504].flatMap((status) => both(`${status}`, { status })),
  ...both('HTML page with 200', { status: 200, body: '<!doctype html><h1>Welcome</h1>' }),
  ...both('Broken JSON', { status: 200, body: '{"baton":null,"results":[' }),
  {
    fault: '401 from a gateway',
    withinMs,
    strike: once({ kind: 'respond', status: 401, body: 'who are you' }),
  },
  { fault: '403 from a gateway', withinMs, strike: once({ kind: 'respond', status: 403, body: 'not you' }) },
];
