/** Where the calls of the process differ: JavaScript. */
export interface LocalCalls {
  readonly prepare?: string;
  readonly options?: string;
  readonly whenOpen?: string;
  readonly whenDone?: string;
}

/** The columns of the table of local files, in the order of the calls below. */
export const localKinds = ['Read', 'Write', 'Batch of writes', 'Statement in a transaction', 'COMMIT'];

/**
 * The process that meets a fault of its file: it prints for each kind of call what became of it, and how long that took. What it writes
 * needs more room than a full disk has.
 */
export function localCalls({ prepare = '', options = '', whenOpen = '', whenDone = '' }: LocalCalls): string {
  return `
    ${prepare}
    const db = createConnection({ url: process.env.URL, ${options} });
    const small = "INSERT INTO books VALUES ('small')";
    const large = { sql: 'INSERT INTO books VALUES (?)', args: ['large'.repeat(80_000)] };
    await db.open().catch(() => undefined);
    ${whenOpen}
    const tell = async (call) => {
      const start = performance.now();
      const text = await call().then(() => 'ok', (error) => error.kind + ', ' + error.outcome);
      print({ text, tookMs: Math.round(performance.now() - start) });
    };
    await tell(() => db.execute('SELECT name FROM books'));
    await tell(() => db.execute(large));
    await tell(() => db.batch([small, large], 'write'));
    let inside;
    const transaction = db.withTransaction(async (tx) => {
      await tx.execute(small);
      inside = tx.execute(large);
      await inside.catch(() => undefined);
    });
    await transaction.catch(() => undefined);
    await tell(() => inside ?? transaction);
    await tell(() => transaction);
    await db.close();
    ${whenDone}`;
}
