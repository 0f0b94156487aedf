import { beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers';
import { LoneCaller } from '../../../lib/drivers/sqlite/lone-caller.js';

describe('LoneCaller', () => {
  let caller: LoneCaller;
  beforeEach(() => {
    caller = new LoneCaller();
  });

  const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const call = async (): Promise<boolean> => caller.tryEnter();

  it('lets in one call behind the other, across turns too', async () => {
    const entered: boolean[] = [];
    for (let count = 0; count < 5; count++) entered.push(await call());
    await nextTurn();
    entered.push(await call(), await call());

    expect(entered).toEqual(Array.from({ length: 7 }, () => true));
  });

  it('lets in the first of several that come together', async () => {
    expect(await Promise.all([call(), call(), call()])).toEqual([true, false, false]);
  });

  it('lets in nobody else whom the same turn brings', async () => {
    const entered: boolean[] = [];
    const callback = (): void => void call().then((isIn) => entered.push(isIn));
    setImmediate(callback);
    setImmediate(callback);
    await nextTurn();
    await nextTurn();
    await nextTurn();

    expect(entered).toEqual([true, false]);
  });

  it('lets in nobody behind a shared commit, and somebody behind one that was not shared', async () => {
    caller.sawCallers(2);
    expect(await call()).toBe(false);
    caller.sawCallers(1);
    expect(await call()).toBe(true);
  });
});
