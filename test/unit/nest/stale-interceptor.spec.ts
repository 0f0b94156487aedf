import { describe, expect, it } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { defer, lastValueFrom } from 'rxjs';
import { tellStaleRead } from '../../../lib/contract/stale-reads.js';
import { DatabaseStaleInterceptor } from '../../../lib/nest/database-stale.interceptor.js';

const newResponse = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));

/** What Fastify documents of a reply: its own way to a header, and the response of Node, whose headers it overwrites. */
function newReply(raw: ServerResponse) {
  const headers: Record<string, string> = {};
  return { raw, headers, header: (name: string, value: string) => Object.assign(headers, { [name]: value }) };
}

/** Lets a handler read, whose answers are so old. */
async function handle(response: object, ages: number[]): Promise<void> {
  const context = new ExecutionContextHost([{}, response]);
  const handler = {
    handle: () =>
      defer(async () => {
        for (const ageMs of ages) tellStaleRead(await Promise.resolve(ageMs));
      }),
  };
  await lastValueFrom(new DatabaseStaleInterceptor().intercept(context, handler));
}

describe('DatabaseStaleInterceptor', () => {
  it('tells the greatest age through the response of Node and Express', async () => {
    const response = newResponse();
    await handle(response, [1_200, 41_100, 3_000]);

    expect(response.getHeader('X-Database-Stale')).toBe('42');
  });

  it('tells it through the reply of Fastify', async () => {
    const reply = newReply(newResponse());
    await handle(reply, [1_200, 41_100, 3_000]);

    expect(reply.headers).toEqual({ 'X-Database-Stale': '42' });
  });

  it('leaves an answer alone that is on its way', async () => {
    const reply = newReply(newResponse());
    reply.raw.writeHead(200);
    await handle(reply, [1_200]);
    await handle(reply.raw, [1_200]);

    expect(reply.headers).toEqual({});
  });
});
