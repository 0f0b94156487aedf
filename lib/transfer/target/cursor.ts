import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AuthTokenHolder } from '../../drivers/turso/auth-token.js';
import type { HranaError, HranaStep, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { toTlsSettings } from '../../drivers/turso/to-tls-settings.js';
import { createProtocolError, toStatementError, toStatusError } from '../../drivers/turso/turso-errors.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createAbortedError } from '../../errors/wait-errors.js';
import { redactSecrets } from '../../options/redact-secrets.js';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';

/** What a cursor sends, one line each. https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md */
export type CursorEntry =
  | { readonly type: 'step_begin'; readonly step: number; readonly cols: readonly { name: string | null }[] }
  | { readonly type: 'row'; readonly row: readonly HranaValue[] }
  | { readonly type: 'step_end' }
  | { readonly type: 'step_error'; readonly step: number; readonly error: HranaError }
  | { readonly type: 'error'; readonly error: HranaError }
  | { readonly type: 'replication_index' };

/** How to reach a server, and for how long it may stay silent. */
export interface CursorOptions {
  readonly target: ResolvedTursoTarget;
  /** Longest silence, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs one batch and reads its answer as it comes, as many entries at a time as have arrived: memory stays flat on both sides,
 * however long the answer is.
 * @throws DatabaseError of the first step that failed, or when the answer is cut off
 */
export async function* openCursor(
  options: CursorOptions,
  steps: readonly HranaStep[],
): AsyncGenerator<CursorEntry[], void, undefined> {
  const { target } = options;
  const token = new AuthTokenHolder(target.authToken, options.idleTimeoutMs);
  const redact = (text: string): string => redactSecrets(text, token.secrets());
  const secret = await token.get();
  const response = await post(options, JSON.stringify({ baton: null, batch: { steps } }), secret?.reveal());
  try {
    if (response.statusCode !== 200) {
      const answer = {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: await readText(response),
      };
      throw toStatusError(answer, target.location, redact);
    }
    let isFirst = true;
    for await (const lines of readLines(response)) {
      // the first line names the stream
      const entries = lines.slice(isFirst ? 1 : 0).map((line) => parseEntry(line, target.location));
      isFirst = false;
      for (const entry of entries)
        if (entry.type === 'error' || entry.type === 'step_error')
          throw toStatementError(entry.error, redact);
      yield entries;
    }
    if (!response.complete) throw createLostError(target.location);
  } catch (error) {
    throw error instanceof DatabaseError ? error : toLostError(options);
  } finally {
    response.destroy();
  }
}

const newline = 0x0a;

/** Whole lines, as many at a time as have arrived. */
async function* readLines(response: IncomingMessage): AsyncGenerator<string[], void, undefined> {
  let pending: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(newline);
    if (end < 0) {
      pending.push(chunk);
      continue;
    }
    const text = Buffer.concat([...pending, chunk.subarray(0, end)]).toString('utf8');
    pending = [chunk.subarray(end + 1)];
    yield text.split('\n');
  }
  const rest = Buffer.concat(pending).toString('utf8');
  if (rest !== '') yield [rest];
}

function parseEntry(line: string, location: string): CursorEntry {
  try {
    return JSON.parse(line) as CursorEntry;
  } catch {
    throw createProtocolError(location, 'an answer that is no JSON');
  }
}

function post(options: CursorOptions, body: string, token: string | undefined): Promise<IncomingMessage> {
  const { target, idleTimeoutMs, signal } = options;
  const { secure, hostname, port, basePath, tls, remoteEncryptionKey: key } = target;
  return new Promise((resolve, reject) => {
    const exchange = (secure ? requestHttps : requestHttp)({
      method: 'POST',
      agent: false,
      hostname,
      port,
      path: `${basePath}/v3/cursor`,
      signal,
      ...(secure && toTlsSettings(tls)),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(key !== undefined && { 'x-turso-encryption-key': key.reveal() }),
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'accept-encoding': 'identity',
      },
    });
    exchange.setTimeout(idleTimeoutMs, () => exchange.destroy(new Error('silence')));
    exchange.on('error', () => reject(toLostError(options)));
    exchange.on('response', (response) => {
      response.on('error', () => undefined);
      resolve(response);
    });
    exchange.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The signal that ends a request shows as a cut connection. */
function toLostError({ target, signal }: CursorOptions): DatabaseError {
  return signal?.aborted
    ? createAbortedError('while the server answered', signal.reason)
    : createLostError(target.location);
}

/** A cursor of ours only reads. */
function createLostError(location: string): DatabaseError {
  return new DatabaseError(`lost the connection to ${location} while it answered`, {
    code: 'CURSOR_LOST',
    kind: 'unavailable',
    outcome: 'not-applied',
  });
}
