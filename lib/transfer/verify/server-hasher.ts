import type { TargetDatabase } from '../target/target-database.js';
import type { HashQuery, TargetHasher } from './target-hasher.js';

/** Lets the server hash: only digests travel. */
export class ServerHasher implements TargetHasher {
  readonly #target: TargetDatabase;

  constructor(target: TargetDatabase) {
    this.#target = target;
  }

  async hash(queries: readonly HashQuery[]): Promise<string[]> {
    const statements = queries.map(({ sql }) => ({
      sql: 'SELECT hex(sha3_query(?, 256))',
      args: [{ type: 'text' as const, value: sql }],
      want_rows: true,
    }));
    const answers = await this.#target.queryEach(statements);
    return answers.map(({ result, error }) => {
      if (error !== undefined) throw error;
      const cell = result.rows[0]?.[0];
      return cell?.type === 'text' ? cell.value : '';
    });
  }
}
