import { join } from 'node:path';
import { median, p99, perSecond } from '../frame/columns.js';
import { measureCalls } from '../frame/measure-calls.js';
import { measureCrowd } from '../frame/measure-crowd.js';
import type { Room } from '../frame/room.js';
import type { Scale } from '../frame/scale.js';
import type { Contender, Figures, Table } from '../frame/table.js';
import { bare, localChoices, notDurable, oneCommit, type LocalClient } from './local-clients.js';
import { toPlainRows } from './to-plain-rows.js';
import { createTasksFile } from './tasks.js';

/** What a table asks of every local client. */
export interface LocalQuestion {
  answer(client: LocalClient): Promise<unknown>;
  measure(client: LocalClient, scale: Scale): Promise<Figures>;
}

/** One caller's calls, compared by their median. */
export function createCallTable(
  call: (client: LocalClient) => () => unknown,
  answer: LocalQuestion['answer'],
  { timeMs, rounds }: { readonly timeMs?: number; readonly rounds?: number } = {},
): Table {
  const measure: LocalQuestion['measure'] = (client, scale) => measureCalls(call(client), { scale, timeMs });
  return {
    groups: '',
    columns: [median, p99],
    comparison: { column: 'median', reference: bare, title: `time, × ${bare}` },
    rounds,
    open: (room, scale) => openLocalClients(room, scale, { answer, measure }),
  };
}

/** The calls of many, compared by how many were answered. */
export function createCrowdTable(callers: number, call: (client: LocalClient) => unknown): Table {
  return {
    groups: '',
    columns: [median, p99, perSecond],
    comparison: { column: 'perSecond', reference: bare, title: `calls/s, × ${bare}` },
    // many short rounds, for the reason of one caller's inserts
    rounds: 15,
    open: (room, scale) =>
      openLocalClients(
        room,
        scale,
        {
          answer: (client) => countInsert(client),
          // warm after a third of it, as a server is
          measure: (client) => measureCrowd(() => call(client), { scale, callers, timeMs: 250 }),
        },
        [...localChoices, notDurable, oneCommit],
      ),
  };
}

/** Inserts one row behind the ten thousand and reads it. */
export async function countInsert(client: LocalClient): Promise<unknown> {
  await client.insert();
  return client.page(10_000);
}

async function openLocalClients(
  room: Room,
  scale: Scale,
  { answer, measure }: LocalQuestion,
  choices = localChoices,
): Promise<Contender[]> {
  const folder = await room.createFolder();
  const contenders: Contender[] = [];
  for (const [index, { name, open }] of choices.entries()) {
    const path = join(folder, `${index}.db`);
    createTasksFile(path);
    const client = room.use(await open(path));
    contenders.push({
      group: '',
      name,
      answer: async () => toPlainRows(await answer(client)),
      measure: () => measure(client, scale),
    });
  }
  return contenders;
}
