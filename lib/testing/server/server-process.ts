import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded, type GuardedProcess } from './guarded-process.js';

const startTimeoutMs = 15_000;
const stopTimeoutMs = 3_000;
const endingSignals: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'];

/** The lives of one server, one after the other, on one port. */
export class ServerProcess {
  readonly port: number;
  readonly #openLife: () => Promise<GuardedProcess>;
  #life: GuardedProcess;
  #earlierLogs = '';

  private constructor(port: number, open: () => Promise<GuardedProcess>, life: GuardedProcess) {
    this.port = port;
    this.#openLife = open;
    this.#life = life;
  }

  /** @throws Error with everything that it printed, when it ends before it answers or takes longer than 15 s */
  static async open(binary: string, args: readonly string[], port: number): Promise<ServerProcess> {
    const open = () => openLife(binary, args, port);
    return new ServerProcess(port, open, await open());
  }

  get pid(): number {
    return this.#life.pid;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#life.kill(signal);
    if (endingSignals.includes(signal)) await this.#life.exited;
    // A busy machine delivers the signal late, and until then the server goes on answering.
    if (signal === 'SIGSTOP') for (let n = 0; n < 100 && !(await isSuspended(this.pid)); n++) await sleep(10);
  }

  async restart(): Promise<void> {
    await this.end();
    this.#earlierLogs = `${this.logs()}\n`;
    this.#life = await this.#openLife();
  }

  end(): Promise<void> {
    return endLife(this.#life);
  }

  logs(): string {
    return this.#earlierLogs + this.#life.logs();
  }
}

async function openLife(binary: string, args: readonly string[], port: number): Promise<GuardedProcess> {
  // Every option of the server can also come from the environment; a developer's own must not leak in.
  const life = spawnGuarded(binary, args, {});
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && !life.hasExited()) {
    // Only its own word tells that it is not another server that answers on this port.
    if (life.logs().includes(`127.0.0.1:${port}`) && (await answersHealth(port))) return life;
    await sleep(20);
  }
  const reason = life.hasExited() ? 'ended at once' : `did not answer within ${startTimeoutMs} ms`;
  await endLife(life);
  throw new Error(`The libSQL server ${reason}:\n${life.logs()}`);
}

/** Asks the process to end, also a suspended one, and kills it when it does not. */
async function endLife(life: GuardedProcess): Promise<void> {
  if (life.hasExited()) return;
  life.kill('SIGCONT');
  life.kill('SIGTERM');
  const cancel = new AbortController();
  const patience = sleep(stopTimeoutMs, undefined, { signal: cancel.signal }).catch(() => undefined);
  await Promise.race([life.exited, patience]);
  cancel.abort();
  if (!life.hasExited()) life.kill('SIGKILL');
  await life.exited;
}

/** Whether every thread stands still. Without /proc there is nobody to ask. */
async function isSuspended(pid: number): Promise<boolean> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const states = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/stat`, 'utf8')));
    return states.every((state) => state.includes(') T '));
  } catch {
    return true;
  }
}

async function answersHealth(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
