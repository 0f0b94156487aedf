import { describe, expect, it } from '@jest/globals';
import type { JournalRow } from '../../../lib/schema/journal.js';
import type { MigrationFile } from '../../../lib/schema/migration-file.js';
import { planMigrations } from '../../../lib/schema/plan-migrations.js';

const file = (name: string): MigrationFile => ({ name, text: '', checksum: `sum of ${name}` });
const row = (name: string, checksum = `sum of ${name}`): JournalRow => ({
  name,
  checksum,
  appliedAt: '2026-01-02T03:04:05.678Z',
});
const names = (files: readonly MigrationFile[]): string[] => files.map(({ name }) => name);

describe('planning migrations', () => {
  it('leaves the files that the journal does not know, in order', () => {
    expect(names(planMigrations([file('1'), file('2'), file('3')], [row('1')]))).toEqual(['2', '3']);
  });

  it('leaves nothing when the journal knows all', () => {
    expect(planMigrations([file('1')], [row('1')])).toEqual([]);
  });

  it('refuses an applied file that has changed, and says what to do', () => {
    expect(() => planMigrations([file('1')], [row('1', 'another')])).toThrow(
      'migration 1 was applied at 2026-01-02T03:04:05.678Z and has changed since: put its old text back',
    );
  });

  it('refuses an applied file that is gone, and says what to do', () => {
    expect(() => planMigrations([], [row('1')])).toThrow(
      /migration 1 .* is not in the folder: put the file back/,
    );
  });

  it('refuses a new file before an applied one', () => {
    expect(() => planMigrations([file('1'), file('2'), file('3')], [row('1'), row('3')])).toThrow(
      'migration 2 is new but sorts before 3, which was applied: rename it so that it comes last',
    );
  });

  it('explains a new file that sorts early because its number is not padded', () => {
    expect(() => planMigrations([file('10_b.sql'), file('9_a.sql')], [row('9_a.sql')])).toThrow(
      'pad the numbers with zeros',
    );
  });
});
