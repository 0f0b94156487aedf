import { describe, expect, it } from '@jest/globals';
import { startChild } from '../connection/support/child.js';
import { canMount } from '../support/small-device.js';
import { createTempFolder } from '../support/temp-folder.js';

/** Callers write until one is refused. Then there is room again, and the same connection goes on. */
const fillUp = `
  const { rmSync, writeFileSync } = await import('node:fs');
  const filler = process.env.DEVICE + '/filler';
  writeFileSync(filler, Buffer.alloc(700_000));
  const db = createConnection({
    url: 'sqlite:' + process.env.DEVICE + '/app.db',
    sqlite: { journalMode: process.env.JOURNAL_MODE },
  });
  await db.execute('CREATE TABLE books (name TEXT)');
  const row = { sql: 'INSERT INTO books VALUES (?)', args: ['x'.repeat(10_000)] };
  const insert = () => db.execute(row);
  const told = async (call) => {
    try {
      await call();
      return 'ok';
    } catch ({ kind, outcome, code }) {
      return [kind, outcome, code].join();
    }
  };
  const count = async () => (await db.execute('SELECT count(*) AS rows FROM books')).rows[0].rows;

  let answers = [];
  while (answers.length < 1_000 && answers.at(-1) !== 'unavailable,not-applied,SQLITE_FULL')
    answers.push(...(await Promise.all([told(insert), told(insert), told(insert)])));
  const full = [await told(insert), await told(() => db.batch([row, row], 'write'))];
  const kept = await count();
  rmSync(filler);
  const next = await told(insert);
  const integrity = Object.values((await db.execute('PRAGMA integrity_check')).rows[0])[0];
  print({ answers, full, kept, next, after: await count(), integrity });
  await db.close();`;

interface FilledUp {
  readonly answers: readonly string[];
  readonly full: readonly string[];
  readonly kept: number;
  readonly next: string;
  readonly after: number;
  readonly integrity: string;
}

async function meetFullDevice(journalMode: string): Promise<FilledUp> {
  const device = await createTempFolder('device');
  const child = startChild(fillUp, { DEVICE: device, JOURNAL_MODE: journalMode }, { device });
  const [filledUp] = (await child.ended) as [FilledUp];
  return filledUp;
}

const refused = 'unavailable,not-applied,SQLITE_FULL';

describe('a file on a device without room', () => {
  if (!canMount()) {
    it('is not shown here: this machine lets nobody mount a device', () => {
      expect(canMount()).toBe(false);
    });
    return;
  }

  it.each(['wal', 'keep'])('refuses writes, loses none, and takes them again with room: %s', async (mode) => {
    const { answers, full, kept, next, after, integrity } = await meetFullDevice(mode);
    const acknowledged = answers.filter((answer) => answer === 'ok').length;

    expect(acknowledged).toBeGreaterThan(0);
    expect(new Set(answers)).toEqual(new Set(['ok', refused]));
    expect(full).toEqual([refused, refused]);
    expect({ kept, next, after, integrity }).toEqual({
      kept: acknowledged,
      next: 'ok',
      after: acknowledged + 1,
      integrity: 'ok',
    });
  });
});
