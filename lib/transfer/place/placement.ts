import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';
import { createTransferError } from '../transfer-errors.js';
import type { CopyOptions } from '../transfer-options.js';

/** Where a file comes to lie, complete and checked. */
export interface ResolvedPlacement {
  /** Absolute path. */
  readonly dataFolder: string;
  readonly adminUrl: string;
  readonly namespace: string;
}

/** The only one that sqld takes, in bytes (measured with 0.24.32). */
export const filePageSize = 4_096;

/** What a file cannot do: it moves as it is, or not at all. */
const impossible = {
  onBadRow: ['quarantine'],
  invalidUtf8: ['blob', 'replace'],
  keepOpen: [true],
  intoNonEmpty: [true],
} as const;

/** @throws DatabaseError `TRANSFER_OPTION_INVALID` */
export function resolvePlacement(
  options: CopyOptions,
  { hostname, remoteEncryptionKey }: ResolvedTursoTarget,
): ResolvedPlacement | undefined {
  const { viaFile } = options;
  if (viaFile === undefined) return undefined;
  for (const [name, values] of Object.entries(impossible)) {
    const value = options[name as keyof typeof impossible];
    if (!(values as readonly unknown[]).includes(value)) continue;
    throw invalid(`a file moves as it is: ${name} ${String(value)} needs a copy of rows`);
  }
  if (remoteEncryptionKey !== undefined)
    throw invalid('an encrypted database cannot be made of a file: copy its rows');
  const [label = ''] = hostname.split('.');
  const isNamed = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && hostname.includes('.');
  const namespace = viaFile.namespace ?? (isNamed ? label : '');
  if (!/^[a-z0-9][\w-]{0,63}$/i.test(namespace))
    throw invalid('the namespace must be one of letters, digits, "-" and "_": name it');
  return { dataFolder: resolve(viaFile.dataFolder), adminUrl: checkAdminUrl(viaFile.adminUrl), namespace };
}

/**
 * Never quoted: it may hold a password.
 * @throws DatabaseError `TRANSFER_OPTION_INVALID`
 */
export function checkAdminUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw invalid('the admin URL must be an http: or https: address without a password');
  return url.origin + url.pathname;
}

function invalid(message: string): Error {
  return createTransferError(message, 'TRANSFER_OPTION_INVALID');
}
