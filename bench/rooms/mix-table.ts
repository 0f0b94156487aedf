import type { Room } from '../frame/room.js';
import { median, p99, perSecond } from '../frame/columns.js';
import { measureCrowd } from '../frame/measure-crowd.js';
import type { Table } from '../frame/table.js';
import { createKeys } from './tasks.js';
import { toPlainRows } from './to-plain-rows.js';

/** What reads and writes one row, and whose turn it is. */
export interface MixClient {
  read(id: number): unknown;
  insert(): unknown;
}

/** Shares of reads in percent. */
const mixes = [100, 95, 50];

/** A growing crowd that reads and writes. */
export function createMixTable(
  callers: readonly number[],
  reference: string,
  openClients: (room: Room) => Promise<readonly (readonly [name: string, client: MixClient])[]>,
): Table {
  return {
    groups: 'reads, callers',
    columns: [median, p99, perSecond],
    comparison: { column: 'perSecond', reference, title: `calls/s, × ${reference}` },
    async open(room, scale) {
      const clients = await openClients(room);
      return mixes.flatMap((mix) =>
        callers.flatMap((count) =>
          clients.map(([name, client]) => ({
            group: `${mix} %, ${count}`,
            name,
            answer: async () => toPlainRows(await client.read(42)),
            measure: () =>
              measureCrowd(mixCalls(client, mix), { scale, callers: scale.count(count, Math.min(count, 8)) }),
          })),
        ),
      );
    },
  };
}

/** Every so many calls one writes. */
function mixCalls(client: MixClient, mix: number): () => unknown {
  const nextKey = createKeys();
  const every = 100 / (100 - mix);
  let calls = 0;
  return () => (++calls % every === 0 ? client.insert() : client.read(nextKey()));
}
