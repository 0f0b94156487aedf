/** How a table of many rows is read. */
export type Way =
  'connection.stream' | 'connection.execute' | 'better-sqlite3 iterate' | '@libsql/client execute';

/** What reading it came to, in a process of its own. */
export interface ReadRows {
  readonly rows: number;
  readonly perSecond: number;
  /** Bytes of memory over what the process had before. */
  readonly growth: number;
}
