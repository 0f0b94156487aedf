import {
  DatabaseError,
  type DatabaseErrorDetails,
  type DatabaseErrorKind,
} from '../../errors/database-error.js';
import type { HttpReply } from './open-answer.js';
import { TransportError } from './transport-error.js';

/** Removes every form of the connection's secrets from a text of the server or of the system. */
export type Redact = (text: string) => string;

const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/;

/**
 * A request that got no whole answer. Before the socket stood nothing was sent; afterwards the statement may have been applied:
 * a reset looks the same before and after the server worked.
 * @param mayBeTls the request went out in plain text to a port that has never answered
 */
export function toRequestError(error: unknown, location: string, redact: Redact, mayBeTls: boolean): unknown {
  if (!(error instanceof TransportError)) return error;
  const outcome = error.sent ? 'unknown' : 'not-applied';
  const { failure, timeoutMs, cause } = error;
  if (failure === 'aborted') {
    if (cause instanceof DatabaseError)
      return new DatabaseError('the client was closed during the call', { ...pick(cause), outcome });
    return new DatabaseError(`aborted by the caller's signal`, {
      code: 'ABORTED',
      kind: 'aborted',
      outcome,
      cause,
    });
  }
  if (failure === 'timeout') {
    const message = `no answer from ${location} within ${Math.round(timeoutMs ?? 0)} ms`;
    return new DatabaseError(message, { code: 'TIMEOUT', kind: 'timeout', outcome });
  }
  if (failure === 'connect-timeout') {
    const message = `no connection to ${location} within ${Math.round(timeoutMs ?? 0)} ms (connectTimeoutMs)`;
    return new DatabaseError(message, { code: 'CONNECT_TIMEOUT', kind: 'unavailable', outcome });
  }
  return toNetworkError(cause, location, outcome, redact, mayBeTls);
}

function toNetworkError(
  cause: unknown,
  location: string,
  outcome: DatabaseErrorDetails['outcome'],
  redact: Redact,
  mayBeTls: boolean,
): DatabaseError {
  const { code = 'NETWORK_ERROR', message = 'unknown', rawPacket } = cause as NetworkFailure;
  const reason = redact(`${code}: ${readOpenSslReason(message)}`);
  // what a TLS port cannot read it did not carry out
  if (isTlsRecord(rawPacket))
    return createTlsError(
      code,
      `${location} speaks TLS and not plain http; the URL wants https: without ?tls=0`,
    );
  if (!tlsCode.test(code) && code !== 'EPROTO') {
    const sent = outcome === 'unknown' ? 'lost the connection to' : 'cannot reach';
    const hint =
      mayBeTls && message === 'socket hang up' ? '; does the port speak TLS? Then the URL wants https:' : '';
    const text = `${sent} ${location} (${reason})${hint}`;
    return new DatabaseError(text, { code, kind: 'unavailable', outcome });
  }
  if (/wrong version number|packet length/i.test(message)) {
    const hint = 'is it a plain http server? Then the URL wants http: or ?tls=0';
    return createTlsError(code, `${location} does not speak TLS (${reason}); ${hint}`);
  }
  const text = `TLS to ${location} failed (${reason}); for a private certificate authority set the option "tls.ca"`;
  // the handshake comes before the request; TLS 1.3 tells of a refused client certificate behind it, but before any work
  const refused = outcome === 'not-applied' || /certificate|unknown[ _]ca/i.test(reason);
  return refused
    ? createTlsError(code, text)
    : new DatabaseError(text, { code, kind: 'unavailable', outcome });
}

interface NetworkFailure {
  readonly code?: string;
  readonly message?: string;
  /** What `node:http` could not read. */
  readonly rawPacket?: Uint8Array;
}

function createTlsError(code: string, message: string): DatabaseError {
  return new DatabaseError(message, { code, kind: 'configuration', outcome: 'not-applied' });
}

/** An alert or a handshake of TLS, RFC 8446 section 5.1. */
function isTlsRecord(packet: Uint8Array | undefined): boolean {
  return packet !== undefined && (packet[0] === 0x15 || packet[0] === 0x16) && packet[1] === 0x03;
}

/** OpenSSL writes `id:error:number:library:function:reason:file:line:` over one or more lines; the reason says it all. */
function readOpenSslReason(message: string): string {
  return /:error:[^:]*:[^:]*:[^:]*:([^:\n]+)/.exec(message)?.[1] ?? message.split('\n', 1)[0] ?? message;
}

/** An answer that is no success: 3xx and 4xx come before anything ran, 5xx and a strange 2xx may come from behind the work. */
export function toStatusError(
  answer: HttpReply,
  location: string,
  redact: Redact,
  hasToken = true,
): DatabaseError {
  const { status } = answer;
  // redacted before it is cut: the beginning of a token is a secret too
  const reason = redact(readReason(answer.body)).slice(0, longestReason);
  const hint = status === 401 && !hasToken ? '; no token was sent: set authToken' : '';
  const message = `${location} answered ${status}${reason === '' ? '' : `: ${reason}`}${hint}`;
  const details = classifyStatus(status, reason);
  return new DatabaseError(message, {
    ...details,
    retryAfterMs: readRetryAfter(answer.headers['retry-after']),
  });
}

/** An answer that is no Hrana: a proxy's page with status 200, broken JSON. */
export function createProtocolError(location: string, what: string): DatabaseError {
  return new DatabaseError(`${location} sent ${what}; is the URL that of a libSQL server?`, {
    code: 'HRANA_PROTO_ERROR',
    kind: 'unavailable',
    outcome: 'unknown',
  });
}

function classifyStatus(status: number, reason: string): DatabaseErrorDetails {
  if (status === 401 || status === 403) {
    const kind = /attach/i.test(reason) ? 'syntax' : 'auth';
    return { code: `HTTP_${status}`, kind, outcome: 'not-applied' };
  }
  if (status === 400 && /baton/i.test(reason))
    return { code: 'STREAM_EXPIRED', kind: 'busy', outcome: 'not-applied' };
  if (status === 413) return { code: 'HTTP_413', kind: 'too-large', outcome: 'not-applied' };
  if (status === 429) return { code: 'HTTP_429', kind: 'unavailable', outcome: 'not-applied' };
  if (status >= 500 || status < 300)
    return { code: `HTTP_${status}`, kind: 'unavailable', outcome: 'unknown' };
  if (status === 404) return { code: 'HTTP_404', kind: 'configuration', outcome: 'not-applied' };
  return { code: `HTTP_${status}`, kind: 'internal', outcome: 'not-applied' };
}

/** How much of a server's text goes into a message, in characters. */
const longestReason = 300;

/** The server's own words: `{"error": …}` or plain text. A page of a proxy in between is left out. */
function readReason(body: string): string {
  if (/^\s*</.test(body)) return '';
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // plain text, as sqld sends for a malformed request
  }
  return body.trim();
}

/** Seconds or a date, RFC 9110 section 10.2.3. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function pick({ code, kind }: DatabaseError): { code: string; kind: DatabaseErrorKind } {
  return { code, kind };
}
