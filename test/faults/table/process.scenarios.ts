import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../support/fault.js';
import type { Cell, Scenario } from './scenario.js';

/** The server keeps the lock of a transaction that lost its connection for 5 s. */
const withinMs = 15_000;

/** The server dies as soon as `isTime` says so, and is started again before the next call. */
function killWhen({ server, proxy, mend }: Cell, isTime: () => boolean): void {
  const kill = async (): Promise<void> => {
    for (let n = 0; n < 1_000 && !isTime(); n++) await sleep(2);
    await server.kill('SIGKILL');
    proxy.resetConnections();
  };
  const killed = kill();
  mend.push(async () => {
    await killed;
    await server.restart();
  });
}

/** Until the end of the server's sockets has been seen: a request into one of them has an unknown outcome. */
const untilSeen = (): Promise<void> => sleep(100);

/** The fault meets a transaction; a call that has none is made right behind one that met it. */
function inTransaction(word: string, fault: Fault): Scenario['strike'] {
  return async ({ proxy, kind, table }, db) => {
    proxy.inject(fault, { requests: 1, when: (text) => text.includes(word) });
    if (kind.isTransaction) return;
    const other = db.withTransaction((tx) => tx.execute(`INSERT INTO ${table} VALUES ('other')`), {
      maxAttempts: 1,
    });
    await other.catch(() => undefined);
  };
}

/** The server's process ends or stands still, and what a transaction loses by it. */
export const processScenarios: readonly Scenario[] = [
  {
    fault: 'Idle, then SIGKILL and restart',
    withinMs,
    when: 'idle',
    async strike({ server }) {
      await server.kill('SIGKILL');
      await untilSeen();
      await server.restart();
    },
  },
  {
    fault: 'SIGKILL in the middle of a request, before the work',
    withinMs,
    strike(cell) {
      const { counts } = cell.proxy;
      const { requests } = counts;
      cell.proxy.inject({ kind: 'delay', upMs: 60_000 }, { requests: 1, when: cell.meets });
      killWhen(cell, () => counts.requests > requests);
    },
  },
  {
    fault: 'SIGKILL in the middle of a request, behind the work',
    withinMs,
    strike(cell) {
      const { counts } = cell.proxy;
      const { bytesDown } = counts;
      cell.proxy.inject({ kind: 'delay', downMs: 60_000 }, { requests: 1, when: cell.meets });
      killWhen(cell, () => counts.bytesDown > bytesDown);
    },
  },
  {
    fault: 'SIGSTOP, later SIGCONT',
    withinMs,
    timeoutMs: 400,
    either: true,
    async strike({ server, mend }) {
      mend.push(() => server.kill('SIGCONT'));
      await server.kill('SIGSTOP');
    },
  },
  {
    fault: 'Restart in the middle of a transaction, or right before a call without one',
    withinMs,
    async strike({ server }) {
      await server.restart();
      await untilSeen();
    },
  },
  {
    fault: 'BEGIN reply lost, of the call or of a transaction right before it',
    withinMs,
    when: 'idle',
    strike: inTransaction('BEGIN', { kind: 'reset-after-forward' }),
  },
  {
    fault: 'COMMIT reply lost, of the call or of a transaction right before it',
    withinMs,
    when: 'idle',
    strike: inTransaction('COMMIT', { kind: 'reset-after-forward' }),
  },
];
