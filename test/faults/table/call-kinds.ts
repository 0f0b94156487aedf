import type { DatabaseConnection, DatabaseTransaction } from '../../../lib/index.js';
import type { Statements } from './scenario.js';

/** What a call needs to run. */
export interface Call {
  readonly db: DatabaseConnection;
  readonly table: string;
  readonly statements: Statements;
  /** What a call that writes two rows calls the other one. */
  readonly firstName: string;
  readonly timeoutMs: { readonly timeoutMs?: number };
  /** Lets the fault strike; again does nothing. */
  readonly strike: () => Promise<void>;
}

/** A column of the table. */
export interface CallKind {
  readonly name: string;
  /** A word of the request that meets the fault. */
  readonly word: (table: string) => string;
  /** Rows that a call of this kind leaves, beside those of its statement. */
  readonly furtherRows: number;
  /** Whether its own statement leaves rows. */
  readonly writes: boolean;
  readonly isTransaction?: true;
  /** @returns how many times it ran */
  readonly run: (call: Call) => Promise<number>;
}

const written = (table: string): string => `INTO ${table} `;

export const callKinds: readonly CallKind[] = [
  {
    name: 'Read',
    word: (table) => `FROM ${table}`,
    furtherRows: 0,
    writes: false,
    async run({ db, statements, timeoutMs, strike }) {
      await strike();
      await db.execute({ ...statements.read, ...timeoutMs });
      return 1;
    },
  },
  {
    name: 'Write',
    word: written,
    furtherRows: 0,
    writes: true,
    async run({ db, statements, timeoutMs, strike }) {
      await strike();
      await db.execute({ ...statements.write, ...timeoutMs });
      return 1;
    },
  },
  {
    name: 'Idempotent write',
    word: written,
    furtherRows: 0,
    writes: true,
    async run({ db, statements, timeoutMs, strike }) {
      await strike();
      await db.execute({ ...statements.write, ...timeoutMs, idempotent: true });
      return 1;
    },
  },
  {
    name: 'Batch of writes',
    word: written,
    furtherRows: 1,
    writes: true,
    async run({ db, table, statements, firstName, timeoutMs, strike }) {
      await strike();
      await db.withOptions(timeoutMs).batch([insert(table, firstName), statements.write], 'write');
      return 1;
    },
  },
  {
    name: 'Statement in a transaction',
    word: (table) => `${written(table)}VALUES ('a'`,
    furtherRows: 1,
    writes: true,
    isTransaction: true,
    run: ({ db, table, statements, firstName, timeoutMs, strike }) =>
      inTransaction(db, {}, async (tx) => {
        await tx.execute(insert(table, firstName));
        await strike();
        await tx.execute({ ...statements.write, ...timeoutMs });
      }),
  },
  {
    name: 'COMMIT',
    word: () => 'COMMIT',
    furtherRows: 0,
    writes: true,
    isTransaction: true,
    run: ({ db, statements, timeoutMs, strike }) =>
      // its timeout is for all of the transaction, and a slow machine must not spend it before the commit
      inTransaction(db, timeoutMs.timeoutMs === undefined ? {} : { timeoutMs: 2_000 }, async (tx) => {
        await tx.execute(statements.write);
        await strike();
      }),
  },
];

export function insert(table: string, name: string): string {
  return `INSERT OR IGNORE INTO ${table} VALUES ('${name}')`;
}

async function inTransaction(
  db: DatabaseConnection,
  options: { timeoutMs?: number },
  work: (tx: DatabaseTransaction) => Promise<void>,
): Promise<number> {
  let runs = 0;
  await db.withTransaction(async (tx) => {
    runs = tx.attempt;
    await work(tx);
  }, options);
  return runs;
}
