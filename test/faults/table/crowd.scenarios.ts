import type { Scenario } from './scenario.js';

/** LONG_FAULTS=1: outages as long as real ones. */
export const isLong = process.env.LONG_FAULTS === '1';

const withinMs = 10_000;

/** Many callers at once, who go on calling. */
export const crowdScenarios: readonly Scenario[] = [
  {
    fault: '500 callers in an outage of 20 s',
    withinMs,
    crowd: { callers: 500, lastsMs: isLong ? 20_000 : 3_000 },
    strike({ proxy, mend }) {
      proxy.inject({ kind: 'reset-before-forward' });
      mend.push(() => proxy.clear());
    },
  },
  {
    fault: 'SIGSTOP for 30 s under 20 callers',
    withinMs,
    crowd: { callers: 20, lastsMs: isLong ? 30_000 : 3_000 },
    options: () => ({ queryTimeoutMs: 1_000, transactionTimeoutMs: 4_000 }),
    either: true,
    async strike({ server, mend }) {
      mend.push(() => server.kill('SIGCONT'));
      await server.kill('SIGSTOP');
    },
  },
];
