import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { runOutside } from '../../../lib/async/run-outside.js';

describe('runOutside', () => {
  it('runs work, and what it sets up, outside of the context around it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen = await storage.run('a request', async () => {
      const later = runOutside(
        () => new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 1)),
      );
      return [runOutside(() => storage.getStore()), await later, storage.getStore()];
    });

    expect(seen).toEqual([undefined, undefined, 'a request']);
  });
});
