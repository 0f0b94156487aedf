/** True for the tables that libSQL and Litestream keep beside the user's: they belong to one place and stay there. */
export function isServerTable(name: string): boolean {
  return /^(libsql_wasm_func_table|libsql_vector_meta_shadow|_litestream_(seq|lock))$/i.test(name);
}

/** True for what a sync keeps in the source: its changelog with the triggers, and those that close the file. */
export function isChangelog(name: string): boolean {
  return /^nestjs_turso_(changes|closed)(_|$)/i.test(name);
}

/** True for an entry that no user made: SQLite's own tables, and the server's with what stands on them. The same on both sides. */
export function isInternal(name: string, tableName: string): boolean {
  return [name, tableName].some(isServerTable) || /^sqlite_/i.test(name) || isChangelog(name);
}

/** True for the tables in which a transfer keeps its own books on the target, and for one that it makes and drops. */
export function isTransferTable(name: string): boolean {
  return /^nestjs_turso_transfer(_rejects|_sequence)?$/i.test(name);
}

/** True for a counter of AUTOINCREMENT that no table of a user has: it is no data, wherever it was left. */
export function isOwnCounter(name: unknown): boolean {
  return typeof name === 'string' && (isTransferTable(name) || isChangelog(name));
}
