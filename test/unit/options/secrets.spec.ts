import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { redactSecrets } from '../../../lib/options/redact-secrets.js';
import { Secret } from '../../../lib/options/secret.js';
import { resolveWith } from './resolve-with.js';

const plain = 'eyJ+s3cret/tok~n=';
const key = `-----BEGIN PRIVATE KEY-----\n${plain}\n-----END PRIVATE KEY-----`;
const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
const forms = [
  plain,
  encodeURIComponent(plain),
  encodeURIComponent(plain).replace(/%../g, (hex) => hex.toLowerCase()),
  Buffer.from(plain).toString('base64'),
  Buffer.from(plain).toString('base64url'),
];

describe('resolved options', () => {
  it.each([
    ['userinfo', { url: `libsql://${encodeURIComponent(plain)}@h` }],
    ['query', { url: `libsql://h?authToken=${encodeURIComponent(plain)}` }],
    ['option', { url: 'libsql://h', authToken: plain }],
    ['key of TLS', { url: 'libsql://h', tls: { key, cert: certificate } }],
    ['encryption key', { url: 'libsql://h', remoteEncryptionKey: Buffer.from(plain).toString('base64') }],
  ])('show no secret of the %s', (_place, options) => {
    const resolved = resolveWith(options);
    const shown =
      inspect(resolved, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(resolved);
    for (const form of forms) expect(shown).not.toContain(form);
    expect(shown).toContain('[redacted]');
  });

  it('keep frozen secrets usable', () => {
    const { target } = resolveWith({ url: 'libsql://h', authToken: plain });
    expect(
      target.backend === 'turso' && target.authToken instanceof Secret && target.authToken.reveal(),
    ).toBe(plain);
  });
});

describe('redactSecrets', () => {
  it.each(forms)('takes out %s', (form) => {
    expect(redactSecrets(`before ${form} behind`, [new Secret(plain)])).toBe('before [redacted] behind');
  });

  it.each(['', 'a', 'ab', 'abc'])('takes it out of longer base64, behind %j', (prefix) => {
    for (const suffix of ['', 'x', 'xy']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(prefix + plain + suffix).toString(encoding);
        expect(redactSecrets(text, [new Secret(plain)])).toMatch(/^.{0,4}\[redacted\].{0,6}$/);
      }
    }
  });

  it('takes out form-encoded and JSON-escaped ones', () => {
    expect(redactSecrets('t=a+b%7Ec', [new Secret('a b~c')])).toBe('t=[redacted]');
    expect(redactSecrets(JSON.stringify('line\n"two"'), [new Secret('line\n"two"')])).toBe('"[redacted]"');
  });

  it('takes out the longer one of two that overlap', () => {
    expect(redactSecrets('abcdefgh abcdef', [new Secret('abcdef'), new Secret('abcdefgh')])).toBe(
      '[redacted] [redacted]',
    );
  });

  it('leaves secrets of less than four characters and other text alone', () => {
    expect(redactSecrets('the cat', [new Secret('cat'), new Secret('')])).toBe('the cat');
    expect(redactSecrets('the cat', [])).toBe('the cat');
  });
});
