import { Secret } from '../../options/secret.js';
import { DatabaseError } from '../../errors/database-error.js';
import { readCheckpoint } from '../target/checkpoint.js';
import { listTargetObjects } from '../target/list-objects.js';
import type { TargetDatabase } from '../target/target-database.js';
import { checkToken } from './check-token.js';
import { fail, ok, warn, type Finding } from './finding.js';
import { probeHttp } from './probe-http.js';

/** Requests whose median is told. */
const roundTrips = 5;
/** Beyond this, every statement of an app is felt, in milliseconds. */
const longRoundTripMs = 100;
/** A token is refused, or accepted too long, by a clock that is wrong by more, in milliseconds. */
const allowedSkewMs = 5_000;

/**
 * Looks at a server: what it is, what it can do, and what stands in the way of a transfer. Writes nothing. To sqld a PRAGMA is a write,
 * so pragmas are read from their tables: a read-only token is enough.
 */
export async function checkServer(server: TargetDatabase): Promise<Finding[]> {
  const { authToken, secure } = server.options.target;
  const token = authToken instanceof Secret ? authToken.reveal() : undefined;
  const findings = checkToken(token, secure, Date.now());
  try {
    findings.push(await checkRoundTrip(server));
  } catch (error) {
    const message = error instanceof DatabaseError ? error.message : 'it cannot be asked';
    return [...findings, fail('reachable', message)];
  }
  return [
    ...findings,
    ...(await checkHttp(server, token)),
    ...(await checkEngine(server)),
    ...(await checkContent(server)),
  ];
}

async function checkRoundTrip(server: TargetDatabase): Promise<Finding> {
  const times: number[] = [];
  for (let count = 0; count < roundTrips; count++) {
    const startedAt = performance.now();
    await server.query('SELECT 1');
    times.push(performance.now() - startedAt);
  }
  const median = times.sort((a, b) => a - b)[roundTrips >> 1] ?? 0;
  const message = `${median.toFixed(1)} ms`;
  return median > longRoundTripMs ? warn('round trip', message) : ok('round trip', message);
}

async function checkHttp({ options }: TargetDatabase, token: string | undefined): Promise<Finding[]> {
  const { target, connectTimeoutMs } = options;
  const credentials: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const body = JSON.stringify({ baton: null, requests: [{ type: 'close' }] });
  const headers = { ...credentials, 'content-type': 'application/json', 'accept-encoding': 'br' };
  const answer = await probeHttp(target, '/v3/pipeline', headers, body, connectTimeoutMs);
  const version = await probeHttp(target, '/version', credentials, undefined, connectTimeoutMs);
  const text = version?.status === 200 ? version.body.toString().trim() : '';
  return [
    /^sqld [\w.+-]+/.test(text)
      ? ok('server', text.slice(0, 80))
      : ok('server', 'it does not tell its version'),
    answer?.headers['content-encoding'] === 'br'
      ? ok('compression', 'brotli when asked, which is expensive: this package does not ask')
      : ok('compression', 'none'),
    checkClock(answer?.headers.date, Date.now()),
  ];
}

function checkClock(date: string | undefined, now: number): Finding {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return ok('clock', 'the server does not tell the time');
  // the header has no fractions of a second
  const skewMs = Math.max(0, Math.abs(now - there) - 1_000);
  if (skewMs <= allowedSkewMs) return ok('clock', 'as here');
  return warn('clock', `${Math.round(skewMs / 1000)} s apart: tokens end early or late`);
}

async function checkEngine(server: TargetDatabase): Promise<Finding[]> {
  const read = createReader(server);
  const functions = await server.query(
    `SELECT DISTINCT name FROM pragma_function_list WHERE name IN ('readfile', 'writefile', 'sha3_query')`,
  );
  const names = new Set(functions.map(([cell]) => (cell?.type === 'text' ? cell.value : '')));
  const options = await server.query('SELECT compile_options FROM pragma_compile_options');
  const variables = options
    .map(([cell]) => /^MAX_VARIABLE_NUMBER=(\d+)$/.exec(cell?.type === 'text' ? cell.value : '')?.[1])
    .find((found) => found !== undefined);
  const encoding = await read('SELECT encoding FROM pragma_encoding');
  const exposed = ['readfile', 'writefile'].filter((name) => names.has(name));
  return [
    ok('SQLite', await read('SELECT sqlite_version()')),
    ok('limits', `${variables ?? 'an unknown number of'} variables in a statement, 5000000 bytes in a row`),
    encoding === 'UTF-8' ? ok('encoding', encoding) : warn('encoding', encoding),
    ok('page size', await read('SELECT page_size FROM pragma_page_size')),
    ok('journal mode', await read('SELECT journal_mode FROM pragma_journal_mode')),
    ok('foreign keys', (await read('SELECT foreign_keys FROM pragma_foreign_keys')) === '1' ? 'on' : 'off'),
    exposed.length === 0
      ? ok('files', 'SQL reaches none')
      : warn('files', `${exposed.join(' and ')}: whoever may run SQL reaches the files of the server`),
    names.has('sha3_query')
      ? ok('digests', 'made by the server')
      : warn('digests', 'the server has no sha3_query: a verification reads every row over the network'),
  ];
}

async function checkContent(server: TargetDatabase): Promise<Finding[]> {
  const read = createReader(server);
  const objects = (await listTargetObjects(server)).length;
  const checkpoint = await readCheckpoint(server);
  const check = await read('SELECT quick_check FROM pragma_quick_check(1)');
  return [
    check === 'ok' ? ok('quick check', 'ok') : fail('quick check', 'the database is damaged'),
    ok('content', objects === 0 ? 'empty' : `${objects} tables, indexes, views and triggers: not for a copy`),
    // a database that nobody has written to yet has none
    objects > 0 && (await server.readReplicationIndex()) === undefined
      ? warn('resume', 'the server does not count its changes: an interrupted pull cannot go on')
      : ok('resume', 'an interrupted pull can go on'),
    checkpoint === undefined
      ? ok('transfer', 'none is under way')
      : warn('transfer', 'one is not finished: go on with --resume'),
  ];
}

function createReader(server: TargetDatabase): (sql: string) => Promise<string> {
  return async (sql) => {
    const [answer] = await server.queryEach([{ sql, want_rows: true }]);
    const cell = answer?.result?.rows[0]?.[0];
    return cell === undefined || cell.type === 'null' || cell.type === 'blob'
      ? 'not told'
      : String(cell.value);
  };
}
