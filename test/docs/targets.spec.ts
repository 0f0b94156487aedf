import { describe, expect, it } from '@jest/globals';
import { formatVerdicts, judgeTargets } from '../../bench/frame/judge-targets.js';
import type { Line } from '../../bench/frame/run-table.js';
import type { Target } from '../../bench/targets.js';

const line: Line = { group: '', name: 'ours', figures: { p99: 4 }, ratio: undefined, reason: undefined };
const lines = new Map([['read', [line]]]);
const target = (limit: Target['limit'], bound: number, key = 'p99', table = 'read'): Target => ({
  title: 'The time of a read',
  table,
  limit,
  bound,
  format: (value) => `${value} ms`,
  measure: ([first]) => first?.figures?.[key],
});
const verdictOf = (...args: Parameters<typeof target>) =>
  formatVerdicts(judgeTargets([target(...args)], lines)).split('\n')[2];

describe('a target of the bench', () => {
  it.each<[string, Target['limit'], number]>([
    ['met', 'at most', 4],
    ['missed (75 %)', 'at most', 3],
    ['met', 'at least', 4],
    ['missed (80 %)', 'at least', 5],
  ])('is %s by 4 ms when it says %s %d ms', (verdict, limit, bound) => {
    expect(verdictOf(limit, bound)).toMatch(/^\| The time of a read \| at \w+ \d ms \|\s+4 ms \| /);
    expect(verdictOf(limit, bound)).toContain(`| ${verdict} `);
  });

  it('is not measured when its table has no such line, and left out when its table did not run', () => {
    expect(verdictOf('at most', 4, 'p50')).toContain('| not measured |');
    expect(verdictOf('at most', 4, 'p99', 'write')).toBeUndefined();
  });
});
