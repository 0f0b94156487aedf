import { describe, expect, it } from '@jest/globals';
import { TextCache } from '../../../lib/sql/text-cache.js';

describe('TextCache', () => {
  it('keeps those of its size that were used last, and never more than twice as many', () => {
    const cache = new TextCache<number>(100);
    for (let n = 0; n < 10_000; n++) {
      cache.set(`SELECT ${n}`, n);
      cache.get('SELECT 0');
    }
    const kept = Array.from({ length: 10_000 }, (_, n) => cache.get(`SELECT ${9_999 - n}`));

    expect(kept.slice(0, 99)).toEqual(Array.from({ length: 99 }, (_, n) => 9_999 - n));
    expect(kept.filter((value) => value !== undefined).length).toBeLessThanOrEqual(200);
    expect(cache.get('SELECT 9999')).toBe(9_999);
    cache.clear();
    expect(cache.get('SELECT 9999')).toBeUndefined();
  });

  it('keeps what is used again and again', () => {
    const cache = new TextCache<number>(100);
    cache.set('SELECT 0', 0);
    const found = Array.from({ length: 10_000 }, (_, n) => {
      cache.set(`SELECT ${n + 1}`, n);
      return cache.get('SELECT 0');
    });

    expect(new Set(found)).toEqual(new Set([0]));
  });
});
