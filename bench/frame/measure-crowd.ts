import type { Scale } from './scale.js';
import type { Figures } from './table.js';

/** How many call at a time, and how long. */
export interface CrowdBounds {
  readonly scale: Scale;
  readonly callers: number;
  /** @default 150 */
  readonly timeMs?: number;
}

/** Callers side by side, each with one call at a time: what each call took, and how many were answered, after a third of the time to warm up. */
export async function measureCrowd(
  call: (caller: number) => unknown,
  { scale, callers, timeMs = 150 }: CrowdBounds,
): Promise<Figures> {
  await runCrowd(call, callers, scale.time(timeMs / 3));
  const { times, seconds } = await runCrowd(call, callers, scale.time(timeMs));
  return { ...summarize(times), perSecond: times.length / seconds };
}

async function runCrowd(
  call: (caller: number) => unknown,
  callers: number,
  ms: number,
): Promise<{ times: number[]; seconds: number }> {
  const times: number[] = [];
  const begin = performance.now();
  const end = begin + ms;
  const runCaller = async (caller: number): Promise<void> => {
    for (let start = performance.now(), now; ; start = now) {
      await call(caller);
      now = performance.now();
      times.push(now - start);
      if (now >= end) return;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => runCaller(caller)));
  return { times, seconds: (performance.now() - begin) / 1000 };
}

/** Median and p99 of single times. */
export function summarize(times: number[]): { median: number; p99: number } {
  times.sort((one, other) => one - other);
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
