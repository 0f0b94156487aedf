import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { HealthProbe } from '../../lib/nest/health-probe.js';
import { useFaultRoom } from './support/use-fault-room.js';

describe('a health check', () => {
  const room = useFaultRoom();

  it('asks anew when the statement that it shares was given up, although somebody still waits for that', async () => {
    const probe = new HealthProbe(room.db);
    room.proxy.inject({ kind: 'blackhole' }, { requests: 1 });
    const first = probe.check(100, 1_000);
    const patient = probe.check(5_000, 1_000);
    const gaveUp = await first;
    const next = await probe.check(5_000, 1_000);
    room.proxy.resetConnections();

    expect(gaveUp).toMatchObject({ error: { kind: 'timeout' } });
    expect(next).toMatchObject({ latencyMs: expect.any(Number) });
    expect(await Promise.race([patient, sleep(4_000, 'still waiting')])).toMatchObject({ error: {} });
  });
});
