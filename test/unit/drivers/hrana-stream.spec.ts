import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import type { HranaClient } from '../../../lib/drivers/turso/hrana-client.js';
import { HranaStream } from '../../../lib/drivers/turso/hrana-stream.js';
import { failureOf } from '../../contract/facts.js';

describe('a stream whose request was given up', () => {
  const unhandled: unknown[] = [];
  const remember = (reason: unknown): unknown => unhandled.push(reason);
  beforeEach(() => void process.on('unhandledRejection', remember));
  afterEach(() => void process.off('unhandledRejection', remember));

  it('leaves no rejection behind when the late answer never comes and nobody rolls back', async () => {
    const send = (...[, , , onLate]: Parameters<HranaClient['send']>): Promise<never> => {
      onLate?.(Promise.reject(new Error('waited for a late answer in vain')));
      return Promise.reject(new Error('given up'));
    };
    const stream = new HranaStream({ send } as unknown as HranaClient);

    expect(await failureOf(stream.send([], createDeadline(1_000)))).toMatchObject({ message: 'given up' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  });
});
