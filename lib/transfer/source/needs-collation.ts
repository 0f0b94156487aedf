/** Whether SQLite says that it lacks a collation of the application, by which it would have to read a table in order. */
export function needsCollation(message: string): boolean {
  return /no such collation sequence|no query solution/.test(message);
}
