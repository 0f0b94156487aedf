import type { PickedOptions } from './picked-options.js';
import { readPem } from './read-pem.js';
import type { ResolvedTlsOptions } from './resolved-options.js';
import { Secret } from './secret.js';

/** @throws {ConfigurationError} naming the option or variable */
export function resolveTls(picked: PickedOptions): ResolvedTlsOptions {
  const read = (path: 'tls.ca' | 'tls.cert' | 'tls.key', label: string): string | undefined => {
    const value = picked.get(path);
    return value === undefined
      ? undefined
      : readPem(value, label, (problem) => picked.explain(path, problem));
  };
  const ca = read('tls.ca', 'CERTIFICATE');
  const cert = read('tls.cert', 'CERTIFICATE');
  const key = read('tls.key', 'PRIVATE KEY');
  if (cert !== undefined && key === undefined)
    throw picked.explain('tls.cert', 'needs its key: set "tls.key"');
  if (key !== undefined && cert === undefined)
    throw picked.explain('tls.key', 'needs its certificate: set "tls.cert"');

  const servername = picked.get('tls.servername');
  if (servername !== undefined && !/^[A-Za-z0-9_.-]{1,253}$/.test(servername)) {
    throw picked.explain('tls.servername', 'is not a host name: write it without a scheme, a port or a path');
  }
  return {
    ca,
    cert,
    key: key === undefined ? undefined : new Secret(key),
    servername,
    rejectUnauthorized: picked.get('tls.rejectUnauthorized'),
  };
}
