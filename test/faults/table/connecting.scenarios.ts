import { setTimeout as sleep } from 'node:timers/promises';
import { startSilentHost } from '../../support/silent-host.js';
import { lasting, type Cell, type Scenario } from './scenario.js';

/** Where the boot is to fail: it tries until then. */
const bootTimeoutMs = 2_000;

/** Refuses connections; the end of the open ones has been seen when it resolves. */
async function refuse({ proxy, mend }: Cell): Promise<void> {
  mend.push(() => proxy.accept());
  await proxy.refuse();
  await sleep(50);
}

/** The server is not there, or is not found. */
export const connectingScenarios: readonly Scenario[] = [
  {
    fault: 'Server down at boot',
    withinMs: 10_000,
    when: 'boot',
    options: () => ({ bootTimeoutMs }),
    strike: refuse,
  },
  {
    fault: 'Server comes up late, after the boot began',
    withinMs: 10_000,
    when: 'boot',
    async strike(cell) {
      await refuse(cell);
      setTimeout(() => void cell.proxy.accept(), 300);
    },
  },
  { fault: 'Server down: connections are refused', withinMs: 10_000, strike: refuse },
  {
    fault: 'Black hole on connect',
    withinMs: 10_000,
    async strike(cell) {
      await refuse(cell);
      const host = await startSilentHost(cell.proxy.port);
      cell.mend.push(() => host.close());
    },
  },
  {
    fault: 'DNS failure',
    withinMs: 10_000,
    when: 'boot',
    options: () => ({ url: 'http://no-such-host.invalid:8080', bootTimeoutMs }),
    strike: () => undefined,
    next: { name: 'with the right name', options: () => ({}) },
  },
  {
    fault: 'TLS to a plain port',
    withinMs: 10_000,
    when: 'boot',
    options: ({ proxy }) => ({ url: proxy.url.replace('http:', 'https:') }),
    strike: () => undefined,
    next: { name: 'with `http:`', options: () => ({}) },
  },
  {
    fault: 'Plain HTTP to a TLS port',
    withinMs: 10_000,
    when: 'boot',
    options: ({ tls }) => ({ url: tls.url.replace('https:', 'http:'), allowInsecure: true, bootTimeoutMs }),
    strike: () => undefined,
    next: { name: 'with `https:`', options: ({ tls }) => ({ url: tls.url, tls: { ca: tls.ca } }) },
  },
  {
    fault: 'Request vanishes: no answer ever',
    withinMs: 10_000,
    timeoutMs: 400,
    strike: lasting({ kind: 'blackhole' }),
  },
];
