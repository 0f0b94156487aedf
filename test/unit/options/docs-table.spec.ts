import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { defaultOptions } from '../../../lib/options/default-options.js';
import { describeOptions } from '../../../lib/options/describe-options.js';
import { optionPaths } from '../../../lib/options/option-rules.js';
import {
  formatOptionsTable,
  readTable,
  replaceTable,
  tableEnd,
  tableStart,
} from '../../support/options-table.js';

const page = new URL('../../../docs/configuration.md', import.meta.url);
const source = readFileSync(
  new URL('../../../lib/options/database-module-options.ts', import.meta.url),
  'utf8',
);
const prefixes = new Map([
  ['FallbackOptions', 'fallback.'],
  ['PoolOptions', 'pool.'],
  ['SqliteOptions', 'sqlite.'],
  ['TlsOptions', 'tls.'],
  ['ReplicaOptions', 'replica.'],
  ['MigrationsOptions', 'migrations.'],
  ['DatabaseModuleOptions', ''],
]);

describe('the documentation of options', () => {
  it('has the table that the code prints', () => {
    const squeeze = (table: string | undefined): string | undefined =>
      table?.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
    expect(squeeze(readTable(readFileSync(page, 'utf8')))).toBe(squeeze(formatOptionsTable()));
  });

  it('has a row for every option', () => {
    expect(new Set(describeOptions().map(({ option }) => option))).toEqual(new Set(optionPaths));
    expect(formatOptionsTable()).toContain(
      '| `sqlite.cacheSizeKb` | `DATABASE_SQLITE_CACHE_SIZE_KB` | `16_384` | Page cache',
    );
  });

  it('can be written anew between its marks', () => {
    const written = replaceTable(`a\n${tableStart}\nold\n${tableEnd}\nb\n`);
    expect(readTable(written)).toBe(formatOptionsTable());
    expect(written).toMatch(/^a\n[\s\S]*\nb\n$/);
  });

  it('names in every @default what the code does', () => {
    const tags: Record<string, unknown> = {};
    for (const [, name = '', body = ''] of source.matchAll(/export interface (\w+) \{\n([\s\S]*?)\n\}/g)) {
      for (const [, value = '', option = ''] of body.matchAll(/@default (\S+)\n {3}\*\/\n {2}(\w+)\??:/g)) {
        tags[`${prefixes.get(name)}${option}`] = JSON.parse(value.replaceAll("'", '"').replaceAll('_', ''));
      }
    }
    const { 'sqlite.pragmas': _empty, ...documented } = defaultOptions;
    expect(tags).toEqual(documented);
  });
});
