import BetterSqlite3 from 'better-sqlite3';
import { chmod, copyFile, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createConnection } from '../../../lib/index.js';
import { startChild } from '../../connection/support/child.js';
import { canMount } from '../../support/small-device.js';
import { createTempDatabase } from '../../support/temp-database.js';
import { createTempFolder } from '../../support/temp-folder.js';
import { localCalls } from './local-calls.js';

/** A fault of a database file. The process that meets it is one of its own. */
export interface LocalScenario {
  readonly fault: string;
  /** What happens to the file before it is opened. */
  readonly before?: (path: string) => Promise<unknown>;
  /** What the process does before it opens the file, and once it is open: JavaScript. */
  readonly prepare?: string;
  readonly whenOpen?: string;
  /** Options of the connection, as JavaScript. */
  readonly options?: string;
  /** What the process does when its calls have ended: JavaScript. */
  readonly whenDone?: string;
  /** Largest file that the process may write, in blocks of 512 bytes. */
  readonly fileBlocks?: number;
  /** The process works on a copy on a small device of its own, which not every machine has. */
  readonly onDevice?: true;
  readonly mend?: (path: string) => Promise<unknown>;
}

/** A row of the page, and what breaks a promise whatever the page says. */
export interface LocalResult {
  readonly row: readonly string[];
  readonly problems: readonly string[];
}

const withinMs = 10_000;

const restore = (path: string): Promise<void> => copyFile(`${path}.backup`, path);

function readOnly(fault: string, journalMode: string): LocalScenario {
  return {
    fault,
    async before(path) {
      const raw = new BetterSqlite3(path);
      raw.pragma(`journal_mode = ${journalMode}`);
      raw.close();
      await chmod(path, 0o444);
      for (const folder of [dirname(path), dirname(dirname(path))]) await chmod(folder, 0o711);
    },
    // root may write everything, so it becomes nobody once it has loaded the driver
    prepare: `
      const loaded = createConnection({ url: ':memory:' });
      await loaded.execute('SELECT 1');
      await loaded.close();
      if (process.getuid() === 0) process.setuid(65534);`,
    mend: (path) => chmod(path, 0o644),
  };
}

const everyScenario: readonly LocalScenario[] = [
  { fault: 'Disk full (`max_page_count`)', options: 'sqlite: { pragmas: { max_page_count: 50 } }' },
  { fault: 'File must not grow (`ulimit -f`)', fileBlocks: 400 },
  {
    fault: 'Device full (`tmpfs`)',
    onDevice: true,
    prepare: `
      const { copyFileSync, openSync, writeSync } = await import('node:fs');
      const { DATABASE_PATH: onDevice, ORIGINAL: original } = process.env;
      copyFileSync(original, onDevice);`,
    // a whole page at last: a file system with smaller ones has room for none of SQLite's
    whenOpen: `
      const filler = openSync(onDevice + '.filler', 'w');
      for (const size of [65_536, 4_096])
        try {
          for (;;) writeSync(filler, Buffer.alloc(size));
        } catch {}`,
    whenDone: 'copyFileSync(onDevice, original);',
  },
  readOnly('File and folder may only be read, a WAL file', 'wal'),
  readOnly('File and folder may only be read, a file with a rollback journal', 'delete'),
  {
    fault: 'Corrupt file',
    async before(path) {
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(4_096, 0xa5), 0, 4_096, 4_096);
      await file.close();
    },
    mend: restore,
  },
  {
    fault: 'Not a database',
    before: (path) => writeFile(path, 'This is a letter, not a database.'.repeat(200)),
    mend: restore,
  },
  {
    fault: 'File deleted underneath',
    whenOpen: `
      const { rm } = await import('node:fs/promises');
      await rm(process.env.DATABASE_PATH);
      await new Promise((resolve) => setTimeout(resolve, 150));`,
    async mend(path) {
      for (const suffix of ['-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
      await restore(path);
    },
  },
];

const isShown = ({ onDevice }: LocalScenario): boolean => onDevice === undefined || canMount();

export const localScenarios = everyScenario.filter((scenario) => isShown(scenario));

/** The names of those that this machine cannot show. */
export const notShown = everyScenario.filter((scenario) => !isShown(scenario)).map(({ fault }) => fault);

/** Lets a process meet the fault, mends it, and looks what is in the file. */
export async function runLocal(scenario: LocalScenario): Promise<LocalResult> {
  const { fault, before, onDevice, fileBlocks, mend } = scenario;
  const { path } = await createTempDatabase();
  const url = `sqlite:${path}`;
  const first = createConnection({ url });
  await first.batch(['CREATE TABLE books (name TEXT)', "INSERT INTO books VALUES ('kept')"], 'write');
  await first.close();
  await copyFile(path, `${path}.backup`);

  await before?.(path);
  const device = onDevice && (await createTempFolder('device'));
  const used = device === undefined ? path : join(device, 'app.db');
  const env = { URL: `sqlite:${used}`, DATABASE_PATH: used, ORIGINAL: path };
  const child = startChild(localCalls(scenario), env, { fileBlocks, device });
  const told = (await child.ended) as { text: string; tookMs: number }[];
  await mend?.(path);

  const db = createConnection({ url });
  const names = (await db.execute('SELECT name FROM books')).rows.map(({ name }) =>
    (name as string).slice(0, 4),
  );
  const next = (await db.execute("INSERT INTO books VALUES ('next')")).rowsAffected === 1 ? 'ok' : 'fails';
  await db.close();

  const problems = told.filter(({ tookMs }) => tookMs > withinMs).map(({ tookMs }) => `took ${tookMs} ms`);
  if (names.join() !== 'kept') problems.push(`rows: ${names.join()}`);
  const texts = told.map(({ text }) => text);
  return { row: [fault, ...texts, `${names.length}`, `${withinMs / 1_000} s`, next], problems };
}
