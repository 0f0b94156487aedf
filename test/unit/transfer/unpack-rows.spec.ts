import { describe, expect, it } from '@jest/globals';
import { unpackRows } from '../../../lib/transfer/pull/unpack-rows.js';

describe('a pack of rows', () => {
  it('holds values of every kind', () => {
    const pack = Buffer.from('I-12,T2:éFa0,N' + 'I9007199254740993,T0:B3:abcN');

    expect(unpackRows(pack, 4)).toEqual([
      [-12n, 'é', 0, null],
      [9007199254740993n, '', Buffer.from('abc'), null],
    ]);
  });

  it.each(['T12', 'T3:ab', 'I5', 'Tx:', 'F', 'Z', 'NT1:a'])(
    'is refused when it is cut or of another form: %s',
    (text) => {
      expect(() => unpackRows(Buffer.from(text), 3)).toThrow('in another way than SQLite');
    },
  );
});
