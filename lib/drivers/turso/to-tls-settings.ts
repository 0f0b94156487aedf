import type { SecureContextOptions } from 'node:tls';
import type { ResolvedTlsOptions } from '../../options/resolved-options.js';

/** What Node's HTTPS client takes, of the options that are set. */
export function toTlsSettings(
  tls: ResolvedTlsOptions,
): SecureContextOptions & { readonly servername?: string; readonly rejectUnauthorized: boolean } {
  const { ca, cert, key, servername, rejectUnauthorized } = tls;
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.reveal() }),
    ...(servername !== undefined && { servername }),
    rejectUnauthorized,
  };
}
