import { generateKeyPairSync, sign } from 'node:crypto';

export interface TokenClaims {
  /** What the token may do: read-only or read and write. */
  a?: 'ro' | 'rw';
  /** Seconds since 1970. */
  exp?: number;
  [claim: string]: unknown;
}

export interface JwtKey {
  /** The form that sqld's `--auth-jwt-key-file` reads. */
  publicKey: string;
  signToken(claims: TokenClaims): string;
}

/** An Ed25519 key pair that signs the tokens of one server. */
export function createJwtKey(): JwtKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    signToken(claims) {
      const content = `${encode({ alg: 'EdDSA', typ: 'JWT' })}.${encode(claims)}`;
      return `${content}.${sign(null, Buffer.from(content), privateKey).toString('base64url')}`;
    },
  };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
