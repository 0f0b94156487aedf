import { optionPaths } from './option-rules.js';
import type { OptionPath } from './option-values.js';
import type { PickedOptions } from './picked-options.js';

/** True for what is meant for one server: it never goes to a host that somebody else chose, nor comes from one. */
export function isServerOption(path: OptionPath): boolean {
  return /^(authToken|remoteEncryptionKey|fallback\.replica|(tls|replica)\..*)$/.test(path);
}

/**
 * Refuses credentials and TLS options for a database that has no server.
 *
 * @param reason why there is no server
 * @throws {ConfigurationError} naming the option
 */
export function assertNoServerOptions(picked: PickedOptions, reason: string): void {
  for (const path of optionPaths) {
    const origin = isServerOption(path) ? picked.originOf(path) : undefined;
    if (origin !== undefined)
      throw origin.createError(`is for a server, but ${reason}: remove it or set a libsql: URL`);
  }
}
