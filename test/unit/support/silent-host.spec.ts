import { describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSilentHost } from '../../support/silent-host.js';

describe('startSilentHost', () => {
  it('leaves who connects waiting', async () => {
    await using host = await startSilentHost();
    const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
    await sleep(300);
    expect(socket.connecting).toBe(true);
    socket.destroy();
  });
});
