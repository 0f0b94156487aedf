import { describe, expect, it } from '@jest/globals';
import { assertDistinct, findMisorder, sortNames } from '../../../lib/schema/file-names.js';

describe('names of migrations', () => {
  it('sort by code units, the same on every machine', () => {
    expect(sortNames(['b.sql', '10_a.sql', 'a.sql', 'B.sql', '2_a.sql', 'ä.sql'])).toEqual([
      '10_a.sql',
      '2_a.sql',
      'B.sql',
      'a.sql',
      'b.sql',
      'ä.sql',
    ]);
  });

  it('are refused when two differ only in case', () => {
    expect(() => assertDistinct(['0001_Lists.sql', '0001_lists.sql'])).toThrow(
      'migrations 0001_Lists.sql and 0001_lists.sql differ only in upper and lower case',
    );
  });

  it.each([[['1_a.sql', '10_c.sql', '2_b.sql']], [['20240115_b.sql', '3_a.sql']]])(
    'are out of the order of their numbers in %j',
    (names) => {
      expect(findMisorder(names)).toContain(`${names.at(-1)} runs after ${names.at(-2)}`);
    },
  );

  it.each([
    [['0001_a.sql', '0002_b.sql', '0010_c.sql']],
    [['0001_a.sql', '20240115_b.sql', 'last.sql']],
    [[]],
  ])('are in the order of their numbers in %j', (names) => {
    expect(findMisorder(names)).toBeUndefined();
  });
});
