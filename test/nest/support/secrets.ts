import { inspect } from 'node:util';

/** Characters that encodings change; may stand in a header, and is base64, as an encryption key has to be. */
export const secret = 'pl4nted/Secret+of/the+app40=';

/** What an app does with an object that ends up in a log. */
export function printAll(value: unknown): string {
  const error = value as Partial<Error> | null | undefined;
  return [
    inspect(value, {
      depth: 20,
      showHidden: true,
      getters: true,
      maxArrayLength: null,
      maxStringLength: null,
    }),
    inspect(value),
    stringify(value),
    String(error?.message),
    String(error?.stack),
    `${inspect(error?.cause, { depth: 20, showHidden: true })}`,
  ].join('\n');
}

/** The forms of the secret that stand in a text. */
export function findSecret(text: string): string[] {
  return Object.entries(forms)
    .filter(([, form]) => text.includes(form))
    .map(([name]) => name);
}

const encoded = encodeURIComponent(secret);
const lowerCase = encoded.replace(/%../g, (hex) => hex.toLowerCase());
const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

/** A text that quotes the secret in every form, as a proxy's error page may. */
export const quotation = [
  secret,
  encoded,
  lowerCase,
  toBase64(secret),
  Buffer.from(secret).toString('base64url'),
  ...[':', '::', 'user:'].map((before) => toBase64(`${before}${secret}`)),
].join(' ; ');

const forms: Record<string, string> = {
  plain: secret,
  'its beginning': secret.slice(0, 10),
  'URL-encoded': encoded,
  'URL-encoded in lower case': lowerCase,
  base64: toBase64(secret).slice(0, -4),
  base64url: Buffer.from(secret).toString('base64url').slice(0, -3),
  // the digits that share no bit with a neighbour
  'base64 behind one byte': toBase64(`:${secret}`).slice(2, -4),
  'base64 behind two bytes': toBase64(`::${secret}`).slice(3, -4),
};

function stringify(value: unknown): string {
  const seen = new WeakSet<object>();
  try {
    return JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === 'bigint') return String(inner);
      if (typeof inner !== 'object' || inner === null) return inner;
      if (seen.has(inner)) return '[seen]';
      seen.add(inner);
      return inner;
    });
  } catch (error) {
    return String(error);
  }
}
