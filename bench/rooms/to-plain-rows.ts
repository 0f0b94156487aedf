/** The rows of any client's answer as plain objects. */
export function toPlainRows(answer: unknown): object[] {
  const rows = Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows;
  return rows.map((row) => ({ ...(row as object) }));
}
