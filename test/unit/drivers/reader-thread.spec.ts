import { describe, expect, it } from '@jest/globals';
import { ReaderThread } from '../../../lib/drivers/sqlite/reader-thread.js';

describe('ReaderThread', () => {
  it('that cannot be started tells so, and is gone', async () => {
    const told: unknown[] = [];
    // what no message can hold makes the constructor throw, as a limit of threads does
    const path = (() => undefined) as unknown as string;
    const settings = { path, readonly: true, pragmas: [], intMode: 'number' } as const;
    const thread = new ReaderThread(settings, {
      onOpened: () => told.push('opened'),
      onIdle: () => told.push('idle'),
      onUnusable: (_thread, error) => told.push(error),
      onGone: () => told.push('gone'),
    });
    expect(told).toEqual([]);
    await thread.gone;

    expect(told).toMatchObject([{ kind: 'unavailable', outcome: 'not-applied' }, 'gone']);
  });
});
