import { expect, it } from '@jest/globals';
import { detectDatabaseType } from '../../../lib/options/detect-database-type.js';

it.each([
  ['libsql://h', 'turso'],
  ['https://h', 'turso'],
  ['HTTP://h', 'turso'],
  ['wss://h', 'turso'],
  ['ws://h', 'turso'],
  ['sqlite:a.db', 'sqlite'],
  ['file:a.db', 'sqlite'],
  [':memory:', 'sqlite'],
  ['C:\\a.db', 'sqlite'],
  ['c:/a.db', 'sqlite'],
  ['./a.db', 'unknown'],
  ['a.db', 'unknown'],
  ['postgres://h', 'unknown'],
  ['', 'unknown'],
  [undefined, 'unknown'],
  [5, 'unknown'],
])('%j is %s', (url, type) => {
  expect(detectDatabaseType(url)).toBe(type);
});
