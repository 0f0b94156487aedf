import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeMigration } from '../../../lib/schema/decode-migration.js';

const decode = (text: string, encoding: BufferEncoding = 'utf8'): ReturnType<typeof decodeMigration> =>
  decodeMigration('0001_a.sql', Buffer.from(text, encoding));

describe('decoding a migration', () => {
  it.each([
    ['with line ends of Windows', 'SELECT 1;\r\nSELECT 2;\r\n'],
    ['with line ends of an old Mac', 'SELECT 1;\rSELECT 2;\r'],
    ['with a byte order mark', '\uFEFFSELECT 1;\nSELECT 2;\n'],
  ])('gives a file %s the text and checksum of the plain one', (_, text) => {
    expect(decode(text)).toEqual(decode('SELECT 1;\nSELECT 2;\n'));
  });

  it('takes the SHA-256 of the text as checksum', () => {
    const text = "INSERT INTO a VALUES ('é');\n";

    expect(decode(text)).toEqual({
      name: '0001_a.sql',
      text,
      checksum: createHash('sha256').update(text).digest('hex'),
    });
  });

  it.each([
    ['UTF-16', 'SELECT 1;', 'utf16le'],
    ['UTF-16 with its mark', '\uFEFFSELECT 1;', 'utf16le'],
    ['Latin 1', "SELECT 'é';", 'latin1'],
  ] as const)('refuses %s', (_, text, encoding) => {
    expect(() => decode(text, encoding)).toThrow('migration 0001_a.sql is not UTF-8 text');
  });
});
