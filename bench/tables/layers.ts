import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
// the built package shows no drivers
import { createDeadline } from '../../lib/async/deadline.js';
import type { DriverConnection } from '../../lib/contract/connection.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import { toStatement } from '../../lib/database/to-statement.js';
import { createDriver } from '../../lib/drivers/create-driver.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { median, p99 } from '../frame/columns.js';
import { measureCalls } from '../frame/measure-calls.js';
import type { Room } from '../frame/room.js';
import type { Scale } from '../frame/scale.js';
import type { Contender, Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createTasksFile, selectTask } from '../rooms/tasks.js';
import { toPlainRows } from '../rooms/to-plain-rows.js';

const alone = 'the driver alone';
const environment = { read: () => undefined, nodeEnv: 'production', cwd: process.cwd() };

export const table: Table = {
  groups: 'where',
  columns: [median, p99],
  comparison: { column: 'median', reference: alone, title: `time, × ${alone}` },
  // a few per cent are at stake: many rounds, so that none of them decides
  rounds: 15,
  async open(room, scale) {
    const path = join(await room.createFolder(), 'layers.db');
    createTasksFile(path);
    const { urlAt } = await openServer(room);
    return [
      ...(await compareLayers(room, scale, 'a file', pathToFileURL(path).href)),
      ...(await compareLayers(room, scale, 'a server, 0 ms', urlAt(0))),
    ];
  },
};

/** One read through everything that a connection puts around it, and through nothing but the form of its arguments. */
async function compareLayers(room: Room, scale: Scale, group: string, url: string): Promise<Contender[]> {
  const options = resolveOptions({ url }, environment);
  const driver = await createDriver(options, () => undefined);
  const network = {
    onAnswer: () => undefined,
    refusal: () => undefined,
    protect: (remote: DriverConnection) => remote,
  };
  const bare = await driver.open(createDeadline(options.connectTimeoutMs), network);
  room.use({ close: () => bare.close(createDeadline(options.connectTimeoutMs)) });
  const connection = room.use(createResolvedConnection(options));
  const readAlone = (): Promise<unknown> => {
    const { statement } = toStatement(selectTask, [42]);
    const now = bare.executeNow?.(statement);
    return Promise.resolve(now ?? bare.execute(statement, createDeadline(options.queryTimeoutMs)));
  };
  const reads = [
    [alone, readAlone],
    ['the whole connection', () => connection.execute(selectTask, [42])],
  ] as const;
  return reads.map(([name, read]) => ({
    group,
    name,
    answer: async () => toPlainRows(await read()),
    measure: () => measureCalls(read, { scale, timeMs: 200 }),
  }));
}
