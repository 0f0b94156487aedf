import { fail, ok, warn, type Finding } from './finding.js';

/** A token that ends within this time will not see the end of a long transfer, in milliseconds. */
const soonMs = 86_400_000;

interface Claims {
  readonly exp?: unknown;
  readonly a?: unknown;
}

/** What a token says of itself. Whether it is true is the server's to know. */
export function checkToken(token: string | undefined, secure: boolean, now: number): Finding[] {
  if (token === undefined) {
    const message = 'none is set';
    return [secure ? warn('token', message) : ok('token', message)];
  }
  const claims = readClaims(token);
  if (claims === undefined) return [warn('token', 'it is no JSON web token: nobody can tell when it ends')];
  return [checkExpiry(claims, now), checkScope(claims)];
}

function checkExpiry({ exp }: Claims, now: number): Finding {
  const check = 'token expiry';
  if (typeof exp !== 'number') return ok(check, 'never');
  const until = new Date(exp * 1_000).toISOString();
  if (exp * 1_000 <= now) return fail(check, `it ended at ${until}`);
  return exp * 1_000 - now < soonMs ? warn(check, `it ends at ${until}`) : ok(check, until);
}

function checkScope({ a }: Claims): Finding {
  if (a === 'ro') return warn('token scope', 'read-only: enough for pull and backup, not for copy');
  return ok('token scope', 'read and write');
}

function readClaims(token: string): Claims | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as unknown;
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}
