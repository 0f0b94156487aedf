import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { createDeadline, narrowDeadline } from '../../../lib/async/deadline.js';
import { watchDeadline } from '../../../lib/async/watch-deadline.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('a signal that only a narrowed deadline holds fires, also when garbage is collected before', async () => {
  const fired: unknown[] = [];
  const stops: (() => void)[] = [];
  const watch = (): void => {
    const outer = createDeadline(20_000, new AbortController().signal);
    const inner = narrowDeadline(outer, 20_000, AbortSignal.timeout(100));
    stops.push(watchDeadline(inner, () => undefined, fired.push.bind(fired)));
  };
  for (let count = 0; count < 20; count++) watch();
  for (let left = 100; left > 0 && fired.length < 20; left--) {
    collectGarbage();
    await sleep(30);
  }
  for (const stop of stops) stop();

  expect(fired).toHaveLength(20);
});
