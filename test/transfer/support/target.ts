/** A libSQL server as the tests of a transfer ask it: with code of their own. */
export interface TestTarget {
  readonly url: string;
  /** Rows as arrays: integers and floats as numbers, text and bytes as strings. */
  all(sql: string): Promise<unknown[][]>;
  run(...statements: string[]): Promise<void>;
  /** Runs something on one stream: the server reads the schema once. */
  session<T>(work: (all: TestTarget['all']) => Promise<T>): Promise<T>;
  /** Drops everything. */
  empty(): Promise<void>;
}

interface Cell {
  readonly type: string;
  readonly value?: string | number;
  readonly base64?: string;
}

interface Answer {
  readonly baton: string | null;
  readonly results: readonly {
    readonly error?: { readonly message: string };
    readonly response?: { readonly result: { readonly rows: readonly (readonly Cell[])[] } };
  }[];
}

export function createTestTarget(url: string): TestTarget {
  const send = async (
    statements: readonly string[],
    stream?: { baton: string | null },
  ): Promise<unknown[][][]> => {
    const requests = statements.map((sql) => ({ type: 'execute', stmt: { sql, want_rows: true } }));
    const close = stream === undefined ? [{ type: 'close' }] : [];
    const body = JSON.stringify({ baton: stream?.baton ?? null, requests: [...requests, ...close] });
    const response = await fetch(`${url}/v3/pipeline`, { method: 'POST', body });
    const { results, baton } = (await response.json()) as Answer;
    if (stream !== undefined) stream.baton = baton;
    return results.slice(0, statements.length).map(({ error, response: answer }) => {
      if (error !== undefined) throw new Error(error.message);
      return (answer?.result.rows ?? []).map((row) => row.map(toValue));
    });
  };
  const all = async (sql: string): Promise<unknown[][]> => (await send([sql]))[0] ?? [];
  const run = async (...statements: string[]): Promise<void> => void (await send(statements));
  const dropAll = async (): Promise<void> => {
    const names = await all(
      `SELECT CASE WHEN type = 'table' AND sql LIKE 'CREATE VIRTUAL%' THEN 'virtual' ELSE type END, name
         FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'`,
    );
    const shadows = new Set(
      (await all(`SELECT name FROM pragma_table_list WHERE type = 'shadow'`)).map(([name]) => name),
    );
    const drops = ['trigger', 'view', 'virtual', 'table'].flatMap((type) =>
      names
        .filter(([found, name]) => found === type && !shadows.has(name))
        .map(([, name]) => `DROP ${type === 'virtual' ? 'TABLE' : type} ${quote(String(name))}`),
    );
    if (drops.length > 0) await run('PRAGMA foreign_keys = OFF', ...drops);
  };
  return {
    url,
    all,
    run,
    session(work) {
      const stream = { baton: null };
      return work(async (sql) => (await send([sql], stream))[0] ?? []);
    },
    async empty() {
      await dropAll();
      // tables of their own that only look like shadow tables
      await dropAll();
      const sequence = await all(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`);
      await run(...(sequence.length > 0 ? ['DELETE FROM sqlite_sequence'] : []), 'PRAGMA user_version = 0');
    },
  };
}

function toValue({ type, value, base64 }: Cell): unknown {
  if (type === 'null') return null;
  if (type === 'integer') return Number(value);
  return base64 === undefined ? value : toBytes(base64);
}

/** Bytes of a result, apart from every text. */
export function toBytes(base64: string): string {
  return `bytes ${base64.replaceAll('=', '')}`;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
