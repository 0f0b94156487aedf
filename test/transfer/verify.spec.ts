import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import {
  copyDatabase,
  verifyTransfer,
  type Difference,
  type TransferOptions,
} from '../../lib/transfer/index.js';
import { resolveTransferOptions } from '../../lib/transfer/resolve-transfer-options.js';
import { TargetDatabase } from '../../lib/transfer/target/target-database.js';
import { ServerHasher } from '../../lib/transfer/verify/server-hasher.js';
import { StreamHasher } from '../../lib/transfer/verify/stream-hasher.js';
import type { TargetHasher } from '../../lib/transfer/verify/target-hasher.js';
import { verifyTables } from '../../lib/transfer/verify/verify-tables.js';
import { withSnapshot } from '../../lib/transfer/with-snapshot.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createSource } from './support/create-source.js';
import { createTestTarget, type TestTarget } from './support/target.js';

let server: SqldServer;
let target: TestTarget;
let source: string;

beforeAll(async () => {
  server = await startSqld();
  target = createTestTarget(server.url);
  source = await createSource((db) => {
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a, b BLOB, v AS (id * 2));
      CREATE TABLE w (k TEXT PRIMARY KEY, n) WITHOUT ROWID; CREATE TABLE h (rowid, oid, _rowid_);
      CREATE TABLE empty (a); CREATE TABLE gone (a);
      CREATE TABLE w2 (k TEXT PRIMARY KEY, n) WITHOUT ROWID; INSERT INTO w2 VALUES ('a', 1); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT 1;
      CREATE TRIGGER r AFTER INSERT ON w BEGIN SELECT 1; END; PRAGMA user_version = 3`);
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)
      INSERT INTO t (id, a, b) SELECT i * 10, CASE i % 5 WHEN 0 THEN i WHEN 1 THEN i / 7.0 WHEN 2 THEN 'é' || i
        WHEN 3 THEN 9e999 END, CAST('bytes' || i AS BLOB) FROM n`);
    db.exec(`INSERT INTO w SELECT 'key ' || id, a FROM t WHERE id <= 3000`);
    db.exec('INSERT INTO h SELECT id, a, b FROM t WHERE id <= 3000');
    db.exec(`UPDATE t SET a = CAST(x'610062' AS TEXT) WHERE id = 20; UPDATE t SET a = -9e999 WHERE id = 30;
      UPDATE t SET a = x'' WHERE id = 40; UPDATE t SET a = '' WHERE id = 50; UPDATE t SET a = CAST(x'ff' AS TEXT)
      WHERE id = 60; UPDATE t SET a = 9223372036854775807 WHERE id = 70; UPDATE t SET a = -0.0 WHERE id = 80`);
  });
});

afterAll(() => server.stop());

beforeEach(() => target.empty());

const rowDamages: [damage: string, difference: Difference][] = [
  [`UPDATE t SET b = CAST('bytes4403' AS BLOB) WHERE id = 44020`, changed('"id" = 44020')],
  ['UPDATE t SET a = 15.0 WHERE id = 150', changed('"id" = 150')],
  ['UPDATE t SET a = 0.0 WHERE id = 80', changed('"id" = 80')],
  ['UPDATE t SET a = 9e999 WHERE id = 30', changed('"id" = 30')],
  ['UPDATE t SET a = NULL WHERE id = 50', changed('"id" = 50')],
  ['DELETE FROM t WHERE id = 40010', { kind: 'row-missing', object: 't', key: '"id" = 40010' }],
  ['DELETE FROM t WHERE id = 10', { kind: 'row-missing', object: 't', key: '"id" = 10' }],
  ['DELETE FROM t WHERE id = 45000', { kind: 'row-missing', object: 't', key: '"id" = 45000' }],
  ['INSERT INTO t (id) VALUES (40011)', { kind: 'row-extra', object: 't', key: '"id" = 40011' }],
  ['INSERT INTO t (id) VALUES (-1)', { kind: 'row-extra', object: 't', key: '"id" = -1' }],
  ['INSERT INTO t (id) VALUES (99999)', { kind: 'row-extra', object: 't', key: '"id" = 99999' }],
  ['INSERT INTO empty VALUES (1)', { kind: 'row-extra', object: 'empty', key: 'rowid = 1' }],
  [`UPDATE w SET n = 0 WHERE k = 'key 2010'`, { kind: 'row-changed', object: 'w', key: `"k" = 'key 2010'` }],
  [`INSERT INTO w2 VALUES ('zzz', 1)`, { kind: 'row-extra', object: 'w2', key: 'behind row 1' }],
  ['UPDATE h SET oid = 0 WHERE rowid = 2220', { kind: 'row-changed', object: 'h', key: 'row 222' }],
];

const objectDamages: [damage: string, difference: Omit<Difference, 'key'>][] = [
  ['DROP INDEX i', { kind: 'object-missing', object: 'i' }],
  ['CREATE VIEW x AS SELECT 1', { kind: 'object-extra', object: 'x' }],
  ['DROP VIEW v; CREATE VIEW v AS SELECT 2', { kind: 'object-changed', object: 'v' }],
  ['DROP TABLE gone', { kind: 'object-missing', object: 'gone' }],
  ['UPDATE sqlite_sequence SET seq = 1', { kind: 'sequence', object: 'sqlite_sequence' }],
  ['PRAGMA user_version = 4', { kind: 'user-version', object: 'user_version' }],
];

function changed(key: string): Difference {
  return { kind: 'row-changed', object: 't', key };
}

describe('a verification', () => {
  it('finds an exact copy equal', async () => {
    await copy();

    expect(await verifyTransfer(options())).toMatchObject({ equal: true, differences: [] });
  });

  it('names every row that differs, and no other', async () => {
    await copy();
    await target.run(...rowDamages.map(([damage]) => damage));

    const { equal, differences } = await verifyTransfer(options());

    expect(equal).toBe(false);
    const rows = differences.filter(({ kind }) => kind !== 'sequence');
    expect(sorted(rows)).toEqual(sorted(rowDamages.map(([, difference]) => difference)));
  });

  it('names every definition and counter that differs, and no other', async () => {
    await copy();
    await target.run(...objectDamages.flatMap(([damage]) => damage.split('; ')));

    const { differences } = await verifyTransfer(options());

    expect(sorted(differences)).toEqual(
      sorted(objectDamages.map(([, difference]) => ({ ...difference, key: '' }))),
    );
  });

  it('counts places without the rows that were left out', async () => {
    const keyed = await createSource((db) => {
      db.exec(`CREATE TABLE k (k INTEGER, n, PRIMARY KEY (k)) WITHOUT ROWID;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4100)
        INSERT INTO k SELECT i, i % 1000 FROM n`);
      db.exec('CREATE TABLE h (rowid, oid, _rowid_); INSERT INTO h SELECT k, n, n FROM k');
    });
    await copyDatabase({ source: keyed, target: { url: server.url } });
    await target.run(
      'DELETE FROM k WHERE k IN (2, 7, 4060)',
      'UPDATE k SET n = -1 WHERE k = 4070',
      'DELETE FROM h WHERE rowid IN (2, 7, 4060)',
      'UPDATE h SET oid = -1 WHERE rowid = 4010',
    );
    const database = new TargetDatabase(
      resolveTransferOptions({ source: keyed, target: { url: server.url } }),
    );
    const leftOut = new Set([4059, 6, 1]);

    const { differences } = await withSnapshot(database.options, async (snapshot) =>
      verifyTables(
        { source: snapshot, target: database, hasher: new ServerHasher(database) },
        snapshot.schema.tables,
        new Map([
          ['k', leftOut],
          ['h', leftOut],
        ]),
      ),
    ).finally(() => database.close());

    expect(differences).toEqual([
      { kind: 'row-changed', object: 'k', key: '"k" = 4070' },
      { kind: 'row-changed', object: 'h', key: 'row 4008' },
    ]);
  });

  it('names a generated column that the server computes differently, once, and rows that differ beside it', async () => {
    const priced = await createSource((db) =>
      db.exec(`CREATE TABLE prices (id INTEGER PRIMARY KEY, price REAL, label AS ('at ' || price) STORED, twice AS (price * 2));
        CREATE TABLE keyed (k TEXT PRIMARY KEY, price REAL, label AS (price || '')) WITHOUT ROWID;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
        INSERT INTO prices (id, price) SELECT i, 0.1 + i / 5.0 FROM n;
        INSERT INTO keyed (k, price) SELECT 'k' || id, price FROM prices`),
    );
    const { verification } = await copyDatabase({ source: priced, target: { url: server.url } });
    await target.run('UPDATE prices SET price = 7 WHERE id = 4100');
    await target.run(`UPDATE keyed SET price = 7 WHERE k = 'k999'`);
    await rm(`${priced}.transfer`, { recursive: true });
    const { differences } = await verifyTransfer({ source: priced, target: { url: server.url } });

    const columns = ['prices', 'keyed'].map((object) => ({
      kind: 'generated-column' as const,
      object,
      key: 'label',
    }));
    expect(sorted(verification.differences)).toEqual(sorted(columns));
    expect(verification.equal).toBe(false);
    expect(differences).toEqual(expect.arrayContaining(columns));
    expect(differences).toContainEqual({ kind: 'row-changed', object: 'prices', key: '"id" = 4100' });
  });

  it('lists a hundred rows of a table at most', async () => {
    await copy();
    await target.run('DELETE FROM t WHERE id % 30 = 0');

    expect((await verifyTransfer(options())).differences).toHaveLength(100);
  });
});

describe('without sha3_query', () => {
  const compare = (create: (database: TargetDatabase) => TargetHasher) => {
    const database = new TargetDatabase(resolveTransferOptions(options()));
    return withSnapshot(database.options, async (snapshot) => {
      const comparison = { source: snapshot, target: database, hasher: create(database) };
      return verifyTables(comparison, snapshot.schema.tables, new Map());
    }).finally(() => database.close());
  };

  it('the rows are read and hashed here, to the same digests', async () => {
    await copy();

    const streamed = await compare((database) => new StreamHasher(database));

    expect(streamed.differences).toEqual([]);
    expect(streamed).toEqual(await compare((database) => new ServerHasher(database)));
  });

  it('the same rows are named', async () => {
    await copy();
    await target.run(...rowDamages.map(([damage]) => damage));

    const { differences } = await compare((database) => new StreamHasher(database));

    expect(sorted(differences)).toEqual(sorted(rowDamages.map(([, difference]) => difference)));
  });
});

function options(): TransferOptions {
  return { source, target: { url: server.url }, invalidUtf8: 'keep' };
}

async function copy(): Promise<void> {
  await copyDatabase(options());
}

function sorted(differences: readonly Difference[]): string[] {
  return differences.map(({ kind, object, key }) => `${object} ${key} ${kind}`).sort();
}
