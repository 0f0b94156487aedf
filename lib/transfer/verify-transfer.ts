import { resolveTransferOptions } from './resolve-transfer-options.js';
import { TargetDatabase } from './target/target-database.js';
import type { TransferOptions } from './transfer-options.js';
import { verifyDatabase } from './verify/verify-database.js';
import type { Verification } from './verify/verification.js';
import { withSnapshot } from './with-snapshot.js';

/**
 * Compares a SQLite file with a server, every row of every table, and names what differs. `invalidUtf8` must be what the copy was
 * made with. Reading blocks this thread: in a server, run it in a worker.
 * @throws DatabaseError when source or target cannot be read
 */
export async function verifyTransfer(options: TransferOptions): Promise<Verification> {
  const target = new TargetDatabase(resolveTransferOptions(options));
  try {
    return await withSnapshot(target.options, (source) => verifyDatabase(target, source, []));
  } finally {
    target.close();
  }
}
