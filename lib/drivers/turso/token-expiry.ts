/** How long before its end a token is replaced, at most. */
const longestLeadMs = 10_000;

/** When a token is to be replaced, and when it ends, on the clock of `Date.now()`. */
export interface TokenExpiry {
  readonly renewAt: number;
  readonly expiresAt: number;
}

/**
 * Reads `exp` of a JSON web token (RFC 7519, 4.1.4) without verifying it: that is the server's work. A token that seems to be over
 * already is used until the server refuses it, because this clock may be wrong.
 */
export function readTokenExpiry(token: string, now: number): TokenExpiry | undefined {
  const expiresAt = readExp(token) * 1_000;
  const leftMs = expiresAt - now;
  if (!(leftMs > 0)) return undefined;
  return { expiresAt, renewAt: expiresAt - Math.min(longestLeadMs, leftMs / 10) };
}

function readExp(token: string): number {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp : NaN;
  } catch {
    return NaN;
  }
}
