import { openNamespaceFront, type NamespaceFront } from './namespace-front.js';

/** The namespaces of one server, each with an address of its own. */
export class Namespaces {
  readonly #serverPort: number;
  readonly #adminPort: number | undefined;
  readonly #fronts = new Map<string, NamespaceFront>();

  /** @param adminPort undefined when the server has a single database */
  constructor(serverPort: number, adminPort: number | undefined) {
    this.#serverPort = serverPort;
    this.#adminPort = adminPort;
  }

  async create(name: string): Promise<void> {
    if (this.#adminPort === undefined) throw new Error('Start the server with the option "namespaces"');
    const response = await fetch(`http://127.0.0.1:${this.#adminPort}/v1/namespaces/${name}/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Namespace ${name}: ${response.status} ${text}`);
    this.#fronts.set(name, await openNamespaceFront(this.#serverPort, name));
  }

  urlOf(name: string): string {
    const front = this.#fronts.get(name);
    if (front === undefined) throw new Error(`There is no namespace ${name}; create it first`);
    return front.url;
  }

  close(): void {
    for (const front of this.#fronts.values()) front.close();
  }
}
