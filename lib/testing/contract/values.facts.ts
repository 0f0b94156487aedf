import type { InValue, IntMode, Value } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { openEach, readRows, readValue } from './facts.js';

const bytesOf = (value: Value | undefined): number[] => [...new Uint8Array(value as ArrayBuffer)];

/** Values on their way in and out, and what an INTEGER becomes. */
export function describeValues(setup: ContractSetup, words: ContractWords): void {
  const { describe, expect, it } = words;
  const { bindsIntegersAsIntegers, maxValueBytes } = setup.capabilities;

  describe('values', () => {
    const room = openEach(words, setup);
    const send = async (value: InValue) => (await readRows(room.db, 'SELECT ?1, typeof(?1)', [value]))[0];

    it.each<[string, InValue, Value, string]>([
      ['null', null, null, 'null'],
      ['text', 'Emma', 'Emma', 'text'],
      ['empty text', '', '', 'text'],
      ['text of spaces', '  ', '  ', 'text'],
      ['text with NUL inside', 'a\0b', 'a\0b', 'text'],
      ['text with quotes and line ends', 'a\'b"c\r\n\\d', 'a\'b"c\r\n\\d', 'text'],
      ['text beyond the basic plane', '🙂 größer 数\u200d', '🙂 größer 数\u200d', 'text'],
      ['text like a number', '007', '007', 'text'],
      ['text with a byte order mark', '\ufeffx', '\ufeffx', 'text'],
      ['a float', 1.5, 1.5, 'real'],
      ['a float with all its digits', 0.1 + 0.2, 0.30000000000000004, 'real'],
      ['a negative float', -1e-7, -1e-7, 'real'],
      ['the largest float', Number.MAX_VALUE, Number.MAX_VALUE, 'real'],
      ['the smallest float', Number.MIN_VALUE, Number.MIN_VALUE, 'real'],
      ['a number beyond 64 bits', 1e20, 1e20, 'real'],
      ['a bigint', 5n, 5, 'integer'],
      ['true', true, 1, 'integer'],
      ['false', false, 0, 'integer'],
    ])('binds %s', async (_name, value, expected, type) => {
      expect(await send(value)).toEqual([expected, type]);
    });

    it.each<[string, InValue, number]>([
      ['zero', 0, 0],
      ['an integer', 42, 42],
      ['a negative integer', -42, -42],
      ['the largest safe integer', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      ['the smallest safe integer', Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
      ['a date as its milliseconds', new Date('2024-02-29T12:00:00.123Z'), 1_709_208_000_123],
      ['a date before 1970', new Date(-1), -1],
    ])('binds %s', async (_name, value, expected) => {
      expect(await send(value)).toEqual([expected, bindsIntegersAsIntegers ? 'integer' : 'real']);
    });

    it('binds minus zero as zero', async () => {
      expect((await send(-0))?.[0]).toBe(0);
    });

    it.each<[string, InValue]>([
      ['a Uint8Array', new Uint8Array([0, 1, 254, 255])],
      ['a Buffer', Buffer.from([0, 1, 254, 255])],
      ['an ArrayBuffer', new Uint8Array([0, 1, 254, 255]).buffer],
      ['a part of a larger buffer', new Uint8Array([9, 9, 0, 1, 254, 255, 9]).subarray(2, 6)],
    ])('binds %s as a blob and reads it as an ArrayBuffer', async (_name, value) => {
      const [blob, type] = (await send(value)) as [Value, Value];

      expect(type).toBe('blob');
      expect(blob).toBeInstanceOf(ArrayBuffer);
      expect(bytesOf(blob)).toEqual([0, 1, 254, 255]);
    });

    it('keeps an empty blob apart from null', async () => {
      const [blob, type] = (await send(new Uint8Array(0))) as [Value, Value];

      expect([type, (blob as ArrayBuffer).byteLength]).toEqual(['blob', 0]);
    });

    it.each([1, 2, 3, 4, 5])('reads every byte of a blob of 256 × 8 + %d bytes', async (rest) => {
      const bytes = Uint8Array.from({ length: 256 * 8 + rest }, (_, index) => index % 256);

      expect(bytesOf((await send(bytes))?.[0])).toEqual([...bytes]);
    });

    it('reads a blob that nobody else changes', async () => {
      await room.db.execute('CREATE TABLE covers (bytes BLOB)');
      await room.db.execute("INSERT INTO covers VALUES (x'0102')");
      const first = await readValue(room.db, 'SELECT bytes FROM covers');
      new Uint8Array(first as ArrayBuffer).fill(9);

      expect(bytesOf(await readValue(room.db, 'SELECT bytes FROM covers'))).toEqual([1, 2]);
    });

    it('stores integers in a column of any type as the column wants them', async () => {
      await room.db.execute('CREATE TABLE books (i INTEGER, r REAL, n NUMERIC)');
      await room.db.execute('INSERT INTO books VALUES (?, ?, ?)', [3, 3, 3]);

      expect(await readRows(room.db, 'SELECT i, typeof(i), r, typeof(r), n, typeof(n) FROM books')).toEqual([
        [3, 'integer', 3, 'real', 3, 'integer'],
      ]);
    });

    it('moves a text of one megabyte', async () => {
      const text = 'größer '.repeat(150_000);

      expect((await send(text))?.[0] === text).toBe(true);
    });

    it('stores a value of the largest size', async () => {
      await room.db.execute('CREATE TABLE covers (bytes BLOB)');
      const size = Math.min(maxValueBytes, 16_000_000);
      await room.db.execute('INSERT INTO covers VALUES (?)', [new Uint8Array(size).fill(7)]);

      expect(await readValue(room.db, 'SELECT length(bytes) FROM covers')).toBe(size);
    });
  });

  describe.each<[IntMode, Value[]]>([
    ['number', [0, 42, 9007199254740991, -9007199254740991]],
    ['bigint', [0n, 42n, 9007199254740991n, -9007199254740991n]],
    ['string', ['0', '42', '9007199254740991', '-9007199254740991']],
  ])('intMode %s', (intMode, expected) => {
    const room = openEach(words, setup, { intMode });

    it('reads integers', async () => {
      expect(await readRows(room.db, 'SELECT 0, 42, 9007199254740991, -9007199254740991')).toEqual([
        expected,
      ]);
    });

    it('leaves floats, text and null alone', async () => {
      expect(await readRows(room.db, "SELECT 1.0, 1.5, '42', NULL")).toEqual([[1, 1.5, '42', null]]);
    });

    it('stores booleans as integers', async () => {
      expect(await readRows(room.db, 'SELECT typeof(?), typeof(?)', [true, false])).toEqual([
        ['integer', 'integer'],
      ]);
    });

    it('tells the row id as a bigint', async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY)');
      const result = await room.db.execute('INSERT INTO books VALUES (7)');

      expect(result).toMatchObject({ lastInsertRowid: 7n, rowsAffected: 1 });
    });
  });

  describe('intMode beyond 2^53', () => {
    const largest = 9223372036854775807n;
    const smallest = -9223372036854775808n;

    describe('number', () => {
      const room = openEach(words, setup, { intMode: 'number' });

      it.each([9007199254740993n, -9007199254740993n, largest, smallest])(
        'refuses to round %s',
        async (value) => {
          await expect(readValue(room.db, 'SELECT ?', [value])).rejects.toThrow(RangeError);
        },
      );

      it('stays usable afterwards', async () => {
        await expect(readValue(room.db, 'SELECT 9007199254740993')).rejects.toThrow(RangeError);

        expect(await readValue(room.db, 'SELECT 1')).toBe(1);
      });
    });

    describe('bigint', () => {
      const room = openEach(words, setup, { intMode: 'bigint' });

      it.each([9007199254740993n, largest, smallest])(
        'moves %s exactly in both directions',
        async (value) => {
          expect(await readRows(room.db, 'SELECT ?1, typeof(?1)', [value])).toEqual([[value, 'integer']]);
        },
      );

      it('prints big integers of a result as strings', async () => {
        const result = await room.db.execute('SELECT 9223372036854775807 AS n');

        expect(result.toJSON()).toMatchObject({ rows: [['9223372036854775807']] });
      });
    });

    describe('string', () => {
      const room = openEach(words, setup, { intMode: 'string' });

      it.each([9007199254740993n, largest, smallest])('reads %s exactly', async (value) => {
        expect(await readValue(room.db, 'SELECT ?', [value])).toBe(String(value));
      });
    });

    describe('arguments', () => {
      const room = openEach(words, setup);

      it.each([largest + 1n, smallest - 1n])('refuses %s, which is beyond 64 bits', async (value) => {
        await expect(readValue(room.db, 'SELECT ?', [value])).rejects.toThrow();
      });
    });
  });
}
