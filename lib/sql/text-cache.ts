/**
 * Keeps what is known of the SQL texts used last: surely that of `size` of them, and never of more than twice as many. To find one
 * takes a single look-up, where the exact order of use would take three.
 */
export class TextCache<T> {
  readonly #size: number;
  #recent = new Map<string, T>();
  #older = new Map<string, T>();

  constructor(size: number) {
    this.#size = size;
  }

  get(sql: string): T | undefined {
    const recent = this.#recent.get(sql);
    if (recent !== undefined) return recent;
    const older = this.#older.get(sql);
    if (older !== undefined) this.set(sql, older);
    return older;
  }

  set(sql: string, value: T): void {
    if (this.#recent.size >= this.#size) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(sql, value);
  }

  clear(): void {
    this.#recent.clear();
    this.#older.clear();
  }
}
