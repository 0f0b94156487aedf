import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime } from './columns.js';
import type { Column } from './table.js';

const resolutionMs = 1;

/** How late the event loop is, for tables that ask for it. */
export const loopColumns: readonly Column[] = [
  { key: 'delay', title: 'event-loop delay p99', format: formatTime },
  { key: 'longest', title: 'longest', format: formatTime },
];

/** Does some work and says how late the event loop was meanwhile, in milliseconds. */
export async function watchLoop(work: () => Promise<void>): Promise<{ delay: number; longest: number }> {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  // the delay of a turn is the distance of two looks: work that blocks from the first moment to the last stands between them
  await sleep(5 * resolutionMs);
  await work();
  await sleep(5 * resolutionMs);
  delays.disable();
  const toMs = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs);
  return { delay: toMs(delays.percentile(99)), longest: toMs(delays.max) };
}
