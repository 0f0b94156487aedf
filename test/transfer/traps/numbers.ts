import { equal, insert, type Trap } from './trap.js';

export const numberTraps: Trap[] = [
  equal('integers beyond 2^53 stay exact', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)');
    const numbers = [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 0n, -1n];
    // as many as travel together, and the last digits of those that a double holds
    for (let n = 2n ** 53n - 100n; n < 2n ** 53n + 100n; n++) numbers.push(n, -n);
    insert(
      db,
      't',
      numbers.map((n, index) => [BigInt(index), n]),
    );
  }),
  equal('floats keep their last bit', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n REAL)');
    const numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 1e23, 9e15];
    insert(
      db,
      't',
      numbers.map((n, index) => [BigInt(index), n]),
    );
  }),
  equal('random floats keep their last bit', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n)');
    const bytes = Buffer.alloc(8);
    let seed = 1n;
    for (let id = 0n; id < 500n; id++) {
      seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
      bytes.writeBigUInt64BE(seed);
      const n = bytes.readDoubleBE();
      insert(db, 't', [[id, Number.isNaN(n) ? 0.5 : n]]);
    }
  }),
  equal('floats of every size keep their last bit', (db) => {
    // those of usual size travel together, and one that is not would make all of them travel alone
    for (const table of ['every', 'usual'])
      db.exec(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, up, down REAL)`);
    for (let exponent = -1074; exponent < 1024; exponent++) {
      const [up, down] = [(1 + 2 ** -52) * 2 ** exponent, -(2 - 2 ** -52) * 2 ** (exponent - 1)];
      insert(db, 'every', [[BigInt(exponent), up, down]]);
      if (exponent >= -36 && exponent < 62) insert(db, 'usual', [[BigInt(exponent), up, down]]);
    }
  }),
  equal('many rows of numbers alone, and of nothing at all, arrive', (db) => {
    db.exec('CREATE TABLE numbers (a, b REAL); CREATE TABLE voids (a, b)');
    for (let n = 0; n < 40; n++) insert(db, 'numbers', [[BigInt(n), n % 3 === 0 ? null : n / 8]]);
    for (let n = 0; n < 40; n++) insert(db, 'voids', [[null, null]]);
  }),
  equal('whole floats stay floats', (db) => {
    db.exec('CREATE TABLE t (a, b REAL, c BLOB)');
    insert(db, 't', [
      [5, 5, 5],
      [5n, 5n, 5n],
      [1e15, 1e15, 1e15],
      [2 ** 60, 1e19, -3],
    ]);
  }),
  equal('infinities arrive', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b REAL)');
    insert(db, 't', [
      [1n, Infinity, -Infinity],
      [2n, -Infinity, Infinity],
    ]);
  }),
  equal('a negative zero keeps its sign', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b REAL)');
    insert(db, 't', [
      [1n, -0, -0],
      [2n, 0, 0],
    ]);
  }),
  equal('digits in a TEXT column stay text', (db) => {
    db.exec('CREATE TABLE t (a TEXT, b)');
    insert(
      db,
      't',
      ['007', '1e5', ' 12', '9223372036854775808', '0x10', '1.0', '+1'].map((text) => [text, text]),
    );
  }),
  equal('values of the wrong class stay in their columns', (db) => {
    db.exec('CREATE TABLE t (a INTEGER, b REAL, c NUMERIC, d TEXT)');
    insert(db, 't', [
      ['abc', 'abc', 'abc', Buffer.from('abc')],
      [Buffer.from('1'), Buffer.from('1'), Buffer.from('1'), Buffer.alloc(0)],
      ['12a', '1e', '0x1', '12'],
    ]);
  }),
  equal('an integer beyond 2^53 in a REAL column stays the float it became', (db) => {
    db.exec('CREATE TABLE t (a REAL); INSERT INTO t VALUES (9007199254740993), (9223372036854775807)');
  }),
  equal('a decimal type has numeric affinity', (db) => {
    db.exec('CREATE TABLE t (a DECIMAL(10, 2), b FLOATING POINT, c STRING)');
    insert(db, 't', [['1.50', 2.5, '010'] as const, [1n, 2n, 3n]]);
  }),
];
