import { describe, expect, it } from '@jest/globals';
import {
  createProtocolError,
  toRequestError,
  toStatusError,
} from '../../../lib/drivers/turso/request-errors.js';
import { TransportError } from '../../../lib/drivers/turso/transport-error.js';
import type { DatabaseError } from '../../../lib/errors/database-error.js';
import { createClientClosedError } from '../../../lib/errors/usage-errors.js';

const redact = (text: string): string => text.replaceAll('tok-secret', '[redacted]');
const location = 'db.turso.io';
const unavailable = { kind: 'unavailable', outcome: 'unknown' };
const refused = (kind: string) => ({ kind, outcome: 'not-applied' });

describe('toRequestError', () => {
  const native = (code: string, message = 'native') => Object.assign(new Error(message), { code });
  const request = (error: TransportError, mayBeTls = false): DatabaseError =>
    toRequestError(error, location, redact, mayBeTls) as DatabaseError;

  it.each<[string, TransportError, object]>([
    [
      'a refused connection',
      new TransportError('network', false, native('ECONNREFUSED')),
      { code: 'ECONNREFUSED', kind: 'unavailable', outcome: 'not-applied' },
    ],
    [
      'an unknown host',
      new TransportError('network', false, native('ENOTFOUND')),
      { code: 'ENOTFOUND', kind: 'unavailable', outcome: 'not-applied' },
    ],
    [
      'a reset behind the request',
      new TransportError('network', true, native('ECONNRESET')),
      { code: 'ECONNRESET', ...unavailable },
    ],
    [
      'an answer that was cut off',
      new TransportError('network', true, new Error('the answer was cut off')),
      { code: 'NETWORK_ERROR', ...unavailable },
    ],
    ['nothing known', new TransportError('network', true, {}), { code: 'NETWORK_ERROR', ...unavailable }],
    [
      'no connection in time',
      new TransportError('connect-timeout', false, undefined, 3_000),
      { code: 'CONNECT_TIMEOUT', kind: 'unavailable', outcome: 'not-applied' },
    ],
    [
      'no answer in time',
      new TransportError('timeout', true, undefined, 10_000),
      { code: 'TIMEOUT', kind: 'timeout', outcome: 'unknown' },
    ],
    [
      'no connection before the deadline',
      new TransportError('timeout', false, undefined, 10_000),
      { code: 'TIMEOUT', kind: 'timeout', outcome: 'not-applied' },
    ],
    [
      'an abort behind the request',
      new TransportError('aborted', true, 'enough'),
      { code: 'ABORTED', kind: 'aborted', outcome: 'unknown' },
    ],
    [
      'a close behind the request',
      new TransportError('aborted', true, createClientClosedError()),
      { code: 'CLIENT_CLOSED', kind: 'closed', outcome: 'unknown' },
    ],
    [
      'a close in front of the request',
      new TransportError('aborted', false, createClientClosedError()),
      { code: 'CLIENT_CLOSED', kind: 'closed', outcome: 'not-applied' },
    ],
  ])('names %s', (_name, error, expected) => {
    expect(request(error)).toMatchObject(expected);
  });

  it.each<[string, string, boolean, RegExp]>([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate', false, /"tls\.ca"/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer', false, /"tls\.ca"/],
    ['CERT_HAS_EXPIRED', 'certificate has expired', false, /expired/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Host: x. is not in the cert's altnames", false, /altnames/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', false, /wants http: or \?tls=0/],
    ['EPROTO', 'packet length too long', false, /wants http: or \?tls=0/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'alert certificate required', true, /certificate required/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'alert unknown ca', true, /unknown ca/],
  ])('takes %s for a wrong configuration, and nothing was applied', (code, message, sent, pattern) => {
    const error = request(new TransportError('network', sent, native(code, message)));

    expect(error).toMatchObject({ code, kind: 'configuration', outcome: 'not-applied' });
    expect(error.message).toMatch(pattern);
  });

  it.each([
    'write EPROTO 805CAA4BED7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/x.c:350:\n',
    '805CAA4B:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:350:\n80:error:0A:y:z:other:x.c:1:\n',
  ])('says in one line what OpenSSL says in %j', (message) => {
    expect(request(new TransportError('network', false, native('EPROTO', message))).message).toBe(
      'EPROTO: db.turso.io does not speak TLS (EPROTO: wrong version number); is it a plain http server? Then the URL wants http: or ?tls=0',
    );
  });

  it('tells plain http from a port that answers with TLS', () => {
    const rawPacket = Buffer.from([0x15, 0x03, 0x03, 0, 2, 2, 22]);
    const cause = Object.assign(native('HPE_INVALID_CONSTANT', 'Parse Error'), { rawPacket });
    const error = request(new TransportError('network', true, cause));

    expect(error).toMatchObject({ kind: 'configuration', outcome: 'not-applied' });
    expect(error.message).toMatch(/speaks TLS and not plain http; the URL wants https:/);
  });

  it('asks whether a port speaks TLS that hangs up and has never answered', () => {
    const error = new TransportError('network', true, native('ECONNRESET', 'socket hang up'));

    expect(request(error, true).message).toMatch(/does the port speak TLS\? Then the URL wants https:/);
    expect(request(error, false).message).not.toMatch(/TLS/);
    expect(request(error, true)).toMatchObject(unavailable);
  });

  it('knows not what became of a request when TLS breaks behind it', () => {
    const cause = native('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'bad record mac');

    expect(request(new TransportError('network', true, cause))).toMatchObject(unavailable);
  });

  it('shows no secret that stands in a message of the system', () => {
    const error = request(new TransportError('network', false, native('EX', 'Bearer tok-secret refused')));

    expect(error.message).toContain('Bearer [redacted] refused');
  });

  it('leaves what is no failed request', () => {
    const other = new Error('x');

    expect(toRequestError(other, location, redact, false)).toBe(other);
  });
});

describe('toStatusError', () => {
  const answer = (status: number, body = '', headers = {}) =>
    toStatusError({ status, body, headers }, location, redact);

  it.each<[number, object]>([
    [202, { code: 'HTTP_202', ...unavailable }],
    [301, { code: 'HTTP_301', ...refused('internal') }],
    [400, { code: 'HTTP_400', ...refused('internal') }],
    [401, { code: 'HTTP_401', ...refused('auth') }],
    [403, { code: 'HTTP_403', ...refused('auth') }],
    [404, { code: 'HTTP_404', ...refused('configuration') }],
    [413, { code: 'HTTP_413', ...refused('too-large') }],
    [429, { code: 'HTTP_429', ...refused('unavailable') }],
    [500, { code: 'HTTP_500', ...unavailable }],
    [502, { code: 'HTTP_502', ...unavailable }],
    [503, { code: 'HTTP_503', ...unavailable }],
    [504, { code: 'HTTP_504', ...unavailable }],
  ])('names %d', (status, expected) => {
    expect(answer(status)).toMatchObject(expected);
  });

  it('tells a lost stream apart', () => {
    expect(answer(400, 'Received an invalid baton')).toMatchObject({
      code: 'STREAM_EXPIRED',
      ...refused('busy'),
    });
  });

  it('tells a refused ATTACH from a refused token', () => {
    expect(answer(403, '{"error":"attach is not permitted"}')).toMatchObject(refused('syntax'));
  });

  it('says when no token was sent', () => {
    const reply = { status: 401, body: '{"error":"who are you"}', headers: {} };

    expect(toStatusError(reply, location, redact, false).message).toBe(
      'HTTP_401: db.turso.io answered 401: who are you; no token was sent: set authToken',
    );
  });

  it.each<[string, string, string]>([
    ['JSON', '{"error":"the token expired"}', 'db.turso.io answered 401: the token expired'],
    ['plain text', ' no token \n', 'db.turso.io answered 401: no token'],
    ['JSON without a reason', '{"detail":7}', 'db.turso.io answered 401: {"detail":7}'],
    ['the page of a proxy', '\n<!doctype html><h1>tok-secret</h1>', 'db.turso.io answered 401'],
    ['nothing', '', 'db.turso.io answered 401'],
    ['a secret', '{"error":"bad token tok-secret"}', 'db.turso.io answered 401: bad token [redacted]'],
  ])('shows the reason from %s', (_name, body, message) => {
    expect(answer(401, body).message).toBe(`HTTP_401: ${message}`);
  });

  it('shows no more than the beginning of a long reason', () => {
    expect(answer(500, 'x'.repeat(5_000)).message.length).toBeLessThan(400);
  });

  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['7', 7_000],
    ['0.5', 500],
    ['-3', 0],
    ['soon', undefined],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ])('reads Retry-After %j as %p ms', (header, expected) => {
    expect(answer(429, '', { 'retry-after': header }).retryAfterMs).toBe(expected);
  });

  it('reads a date in Retry-After', () => {
    const { retryAfterMs = 0 } = answer(429, '', {
      'retry-after': new Date(Date.now() + 9_000).toUTCString(),
    });

    expect(retryAfterMs).toBeGreaterThan(7_000);
    expect(retryAfterMs).toBeLessThanOrEqual(9_000);
  });
});

describe('createProtocolError', () => {
  it('knows not what became of the statement', () => {
    expect(createProtocolError(location, 'an answer that is no JSON')).toMatchObject({
      code: 'HRANA_PROTO_ERROR',
      ...unavailable,
    });
  });
});
