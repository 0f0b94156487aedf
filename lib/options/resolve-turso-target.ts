import { formatLocation, isLoopback } from './parse-host.js';
import type { ParsedTursoUrl } from './parse-turso-url.js';
import type { Origin, PickedOptions } from './picked-options.js';
import { resolveAuthToken } from './resolve-auth-token.js';
import { resolveTls } from './resolve-tls.js';
import type { ResolvedOptions, ResolvedTursoTarget } from './resolved-options.js';
import { Secret } from './secret.js';

type Warning = ResolvedOptions['warnings'][number];

/** @throws {ConfigurationError} naming the variable or option */
export function resolveTursoTarget(
  parsed: ParsedTursoUrl,
  picked: PickedOptions,
  url: Origin,
): { target: ResolvedTursoTarget; warnings: Warning[] } {
  const { secure, hostname, port, basePath } = parsed;
  const location = formatLocation(hostname, port);
  const authToken = resolveAuthToken(parsed, picked, url);
  const remoteEncryptionKey = resolveEncryptionKey(picked);
  const isExposed = !secure && !isLoopback(hostname) && (authToken ?? remoteEncryptionKey) !== undefined;
  if (isExposed && !picked.get('allowInsecure')) {
    throw url.createError(
      `would send a credential to ${location} without TLS: write libsql: or https:, or set "allowInsecure" if the network is yours alone`,
    );
  }
  const tls = resolveTls(picked);
  return {
    target: {
      backend: 'turso',
      secure,
      hostname,
      port,
      basePath,
      location,
      authToken,
      remoteEncryptionKey,
      tls,
    },
    warnings: [
      ...(isExposed
        ? [
            {
              code: 'CREDENTIAL_WITHOUT_TLS',
              message: `Credentials go to ${location} without TLS ("allowInsecure")`,
            },
          ]
        : []),
      ...findTlsWarnings(picked, secure, tls.rejectUnauthorized, location),
      ...findIgnored(picked, url, authToken !== undefined),
    ],
  };
}

function resolveEncryptionKey(picked: PickedOptions): Secret | undefined {
  const key = picked.get('remoteEncryptionKey');
  if (key === undefined) return undefined;
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(key)) return new Secret(key);
  throw picked.explain('remoteEncryptionKey', 'is not base64');
}

function findTlsWarnings(
  picked: PickedOptions,
  secure: boolean,
  verifies: boolean,
  location: string,
): Warning[] {
  if (secure) {
    const message = `The certificate of ${location} is not verified ("tls.rejectUnauthorized" is false): anybody on the way can read along`;
    return verifies ? [] : [{ code: 'TLS_NOT_VERIFIED', message }];
  }
  const unused = picked.labelsOf((path) => path.startsWith('tls.'));
  if (unused.length === 0) return [];
  return [
    {
      code: 'TLS_OPTIONS_UNUSED',
      message: `There is no TLS to ${location}, so these have no effect: ${unused.join(', ')}`,
    },
  ];
}

/** A token that stays unused explains the 401 that comes next. */
function findIgnored(picked: PickedOptions, url: Origin, hasToken: boolean): Warning[] {
  const unused = picked.ignored
    .filter(({ path }) => path !== 'authToken' || !hasToken)
    .map(({ variable }) => variable);
  if (unused.length === 0) return [];
  const message = `${unused.join(', ')}: not used, because the URL comes from ${url.label}. Set it in code too, or set the URL in the environment`;
  return [{ code: 'VARIABLES_UNUSED', message }];
}
