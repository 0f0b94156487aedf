import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { selectTask } from './tasks.js';

interface Answer {
  readonly results: [{ response: { result: { cols: { name: string }[]; rows: Cell[][] } } }];
}
interface Cell {
  readonly type: string;
  readonly value: string;
}

/** What a read costs with nothing around it: one request over a kept-alive socket, its answer parsed. */
export function openBareHttp(url: string): { read(id: number): Promise<object[]>; close(): void } {
  const agent = new Agent({ keepAlive: true, noDelay: true });
  const address = new URL('/v3/pipeline', url);
  const post = (body: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      request(
        address,
        { agent, method: 'POST', headers },
        (answer) => void json(answer).then(resolve, reject),
      )
        .on('error', reject)
        .end(body);
    });
  return {
    async read(id) {
      const stmt = { sql: selectTask, args: [{ type: 'integer', value: String(id) }], want_rows: true };
      const requests = [{ type: 'execute', stmt }, { type: 'close' }];
      const { results } = (await post(JSON.stringify({ baton: null, requests }))) as Answer;
      const { cols, rows } = results[0].response.result;
      return rows.map((cells) =>
        Object.fromEntries(
          cells.map(({ type, value }, at) => [cols[at]?.name, type === 'integer' ? Number(value) : value]),
        ),
      );
    },
    close: () => agent.destroy(),
  };
}
