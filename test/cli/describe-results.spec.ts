import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { describeReport, describeVerification } from '../../lib/cli/describe-results.js';
import { paint } from '../../lib/cli/paint.js';
import type { TransferReport } from '../../lib/transfer/index.js';

describe('the summary of a copy', () => {
  it('tells rows, copied, rejected, bytes, time and digest of each table', () => {
    expect(describeReport(report).split('\n').slice(0, 3)).toEqual([
      'table     rows  copied  rejected   bytes    time  digest            result',
      'orders    1200    1199         1  654321  12.3 s  0123456789abcdef  equal',
      'a\uFFFD[31m\uFFFDb     2       2         0      18   0.0 s  fedcba9876543210  differs',
    ]);
  });
});

describe('a difference', () => {
  it('says why, where a name alone does not tell', () => {
    const differences = [
      { kind: 'generated-column', object: 'prices', key: 'label' },
      { kind: 'row-changed', object: 'prices', key: '"id" = 7' },
    ] as const;

    expect(describeVerification({ equal: false, tables: [], differences }).split('\n')).toEqual([
      expect.stringMatching(/^generated-column prices: label \(every stored value is equal; /),
      'row-changed prices: "id" = 7',
      'source and target differ',
    ]);
  });
});

describe('a result', () => {
  it('has colours on a terminal', () => {
    delete process.env['NO_COLOR'];
    const lines = paint(describeReport(report), createStream(true)).split('\n');

    expect([lines[2]?.startsWith('\x1b[31m'), lines[2]?.endsWith('differs\x1b[39m')]).toEqual([true, true]);
    expect(lines[1]).not.toContain('\x1b');
  });

  it('is plain text elsewhere', () => {
    const text = describeReport(report);

    expect(paint(text, createStream(false))).toBe(text);
    expect(text).not.toContain('\x1b');
  });
});

const report: TransferReport = {
  source: '/a.db',
  target: 'host:443',
  rows: 1201,
  tables: [
    {
      name: 'orders',
      rows: 1200,
      copied: 1199,
      rejected: 1,
      bytes: 654_321,
      durationMs: 12_345,
      digest: '0123456789abcdef0123',
      equal: true,
    },
    {
      name: 'a\x1b[31m\nb',
      rows: 2,
      copied: 2,
      rejected: 0,
      bytes: 18,
      durationMs: 4,
      digest: 'fedcba98765432100123',
      equal: false,
    },
  ],
  rejects: [],
  rejectsFile: undefined,
  notes: [],
  verification: { equal: false, tables: [], differences: [] },
  durationMs: 13_000,
};

function createStream(isTTY: boolean): PassThrough & { isTTY: boolean } {
  return Object.assign(new PassThrough(), { isTTY, getColorDepth: () => (isTTY ? 8 : 1) });
}
