import { Bench } from 'tinybench';
import type { Scale } from './scale.js';
import type { Figures } from './table.js';

/** How long the calls of one round go on. */
export interface CallBounds {
  readonly scale: Scale;
  /** @default 150 */
  readonly timeMs?: number | undefined;
  /** Least number of calls. @default 20 */
  readonly calls?: number;
}

/** Calls one after the other: what each took. */
export async function measureCalls(
  call: () => unknown,
  { scale, timeMs = 150, calls = 20 }: CallBounds,
): Promise<Figures> {
  // tinybench would find out by a call that it does not wait for
  const first = call();
  await first;
  const bench = new Bench({
    time: scale.time(timeMs),
    iterations: scale.count(calls, 2),
    warmupTime: scale.time(timeMs / 5),
    warmupIterations: 1,
    subtractTimerOverhead: true,
    throws: true,
  });
  const { result } = await bench
    .add('call', call, { async: isThenable(first) })
    .run()
    .then(([task]) => task!);
  if (result.state !== 'completed') throw new Error(`The calls ended as ${result.state}`);
  return { median: result.latency.p50, p99: result.latency.p99 };
}

function isThenable(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
