import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Statement } from '../../../lib/contract/statement.js';
import { StatementResult } from '../../../lib/contract/result-set.js';
import { SharingRules, type Answered } from '../../../lib/drivers/turso/sharing-rules.js';
import { classifySql } from '../../../lib/sql/classify-sql.js';

const read: Statement = { sql: 'SELECT * FROM books', args: [] };
const result = new StatementResult({
  columns: [],
  columnTypes: [],
  rows: [],
  rowsAffected: 0,
  lastInsertRowid: undefined,
});
const quick: Answered = { bytes: 262_144, durationMs: 50, result };

let rules: SharingRules;
beforeEach(() => {
  rules = new SharingRules();
});
const laneOf = (statement: Statement) => rules.laneOf(statement, classifySql(statement.sql));

describe('a read shares its request', () => {
  it('up to 256 KB and 50 ms', () => {
    rules.learn(read, quick);

    expect(laneOf(read)).toBe('reads');
  });

  it.each([
    ['longer than 256 KB', { ...quick, bytes: 262_145 }],
    ['slower than 50 ms', { ...quick, durationMs: 50.1 }],
  ])('no more when its last answer was %s, until one is not', (_what, heavy) => {
    rules.learn(read, heavy);
    const behind = laneOf(read);
    rules.learn(read, quick);

    expect([behind, laneOf(read)]).toEqual(['alone', 'reads']);
  });

  it('no more when a request with it was lost, until it is answered', () => {
    rules.learnLost(read);
    const behind = laneOf(read);
    rules.learn(read, quick);

    expect([behind, laneOf(read)]).toEqual(['alone', 'reads']);
  });

  it('again when the server has answered it, with whatever', () => {
    rules.learnLost(read);
    rules.forgetLoss(read);

    expect(laneOf(read)).toBe('reads');
  });

  it.each([
    ['arguments', { sql: 'SELECT ?', args: ['x'.repeat(65_536)] }],
    ['bytes', { sql: 'SELECT ?', args: [new Uint8Array(65_536)] }],
    ['text', { sql: `SELECT '${'x'.repeat(65_536)}'`, args: [] }],
  ])('not with 64 KB of %s', (_what, statement) => {
    expect(laneOf(statement)).toBe('alone');
  });
});
