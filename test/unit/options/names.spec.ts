import { describe, expect, it } from '@jest/globals';
import { prefixOf } from '../../../lib/options/env-options.js';
import { assertDistinctNames, resolveName } from '../../../lib/options/resolve-name.js';
import { messageOf } from './resolve-with.js';

describe('the name of a connection', () => {
  it('is undefined for the default one', () => {
    expect(resolveName(undefined)).toBeUndefined();
    expect(prefixOf(undefined)).toBe('');
  });

  it.each([
    ['reports', 'REPORTS_'],
    ['reportsDb', 'REPORTS_DB_'],
    ['reports-db', 'REPORTS_DB_'],
    ['my.reports 2', 'MY_REPORTS_2_'],
    ['_reports_', 'REPORTS_'],
    ['READ2Write', 'READ2_WRITE_'],
  ])('"%s" puts %s in front of variables', (name, prefix) => {
    expect(resolveName(name)).toBe(name);
    expect(prefixOf(name)).toBe(prefix);
  });

  it.each([
    ['', 'is empty'],
    ['  ', 'is empty'],
    [' reports', 'white space around it'],
    ['123', 'needs at least one letter'],
    ['—', 'needs at least one letter'],
    ['turso', 'would read TURSO_DATABASE_URL, and so does the default connection'],
    [5, 'must be a string, got number'],
    [null, 'must be a string'],
  ])('%j is refused', (name, problem) => {
    expect(messageOf(() => resolveName(name))).toContain(problem);
  });

  it('is refused a second time', () => {
    expect(messageOf(() => assertDistinctNames(['a', 'b', 'a']))).toContain('the connection "a"');
    expect(messageOf(() => assertDistinctNames([undefined, undefined]))).toContain('the default connection');
  });

  it('is refused when another one reads the same variables', () => {
    expect(messageOf(() => assertDistinctNames(['reports-db', 'reportsDb']))).toBe(
      'The connection "reportsDb" would read REPORTS_DB_DATABASE_URL, and so does the connection "reports-db": choose another name',
    );
    expect(messageOf(() => assertDistinctNames(['a', 'a_turso']))).toContain('A_TURSO_DATABASE_URL');
    expect(() => assertDistinctNames([undefined, 'a', 'b'])).not.toThrow();
  });
});
