import { FifoGate } from '../async/fifo-gate.js';

/** One writer at a time and database, in this process: SQLite has one, and the server robs a writer whom another one waits for. */
const gates = new Map<string, { readonly gate: FifoGate; users: number }>();

/** Joins the write gate of a database; every connection to it shares the same. Leave it at close. */
export function joinWriteGate(databaseKey: string): FifoGate {
  const entry = gates.get(databaseKey) ?? {
    gate: new FifoGate(
      1,
      'waiting for the write gate (another write or transaction on this database is open)',
    ),
    users: 0,
  };
  entry.users++;
  gates.set(databaseKey, entry);
  return entry.gate;
}

/** Leaves the write gate of a database; the last one to leave removes it. */
export function leaveWriteGate(databaseKey: string): void {
  const entry = gates.get(databaseKey);
  if (entry !== undefined && --entry.users === 0) gates.delete(databaseKey);
}
