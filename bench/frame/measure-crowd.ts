import type { Scale } from './scale.js';
import type { Figures } from './table.js';

/** How many call at a time, and how long. */
export interface CrowdBounds {
  readonly scale: Scale;
  readonly callers: number;
  /** @default 150 */
  readonly timeMs?: number;
}

/** Callers side by side, each with one call at a time: what each call took, and how many were answered. */
export async function measureCrowd(
  call: (caller: number) => unknown,
  { scale, callers, timeMs = 150 }: CrowdBounds,
): Promise<Figures> {
  const times: number[] = [];
  const begin = performance.now();
  const end = begin + scale.time(timeMs);
  const runCaller = async (caller: number): Promise<void> => {
    for (let start = performance.now(), now; ; start = now) {
      await call(caller);
      now = performance.now();
      times.push(now - start);
      if (now >= end) return;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => runCaller(caller)));
  const seconds = (performance.now() - begin) / 1000;
  return { ...summarize(times), perSecond: times.length / seconds };
}

/** Median and p99 of single times. */
export function summarize(times: number[]): { median: number; p99: number } {
  times.sort((one, other) => one - other);
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
