import type { Secret } from './secret.js';

const redacted = '[redacted]';

// Anything shorter would cut ordinary words to pieces.
const shortest = 4;

/**
 * Replaces credentials in a text that somebody else wrote, such as a server's message: plain, URL-encoded, and as base64 and
 * base64url, also in the middle of longer base64. Secrets of less than four characters are left alone.
 */
export function redactSecrets(text: string, secrets: readonly Secret[]): string {
  const forms = new Set(
    secrets
      .map((secret) => secret.reveal())
      .filter((plain) => plain.length >= shortest)
      .flatMap(formsOf),
  );
  // A longer form may hold a shorter one.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((clean, form) => clean.replaceAll(form, redacted), text);
}

function formsOf(plain: string): string[] {
  const encoded = encodeURIComponent(plain);
  const lowerCase = encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  const form = new URLSearchParams({ '': plain }).toString().slice(1);
  const base64 = [0, 1, 2].flatMap((offset) => toBase64Forms(plain, offset));
  return [plain, encoded, lowerCase, form, JSON.stringify(plain).slice(1, -1), ...base64].filter(
    ({ length }) => length >= shortest,
  );
}

/** The base64 of a text that stands `offset` bytes behind a multiple of three: whole, and without the digits that share a neighbour's bits. */
function toBase64Forms(plain: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(plain)]);
  const padded = bytes.toString('base64').slice(Math.ceil((offset * 8) / 6));
  const digits = padded.replace(/=+$/, '');
  const sure = bytes.length % 3 === 0 ? digits : digits.slice(0, -1);
  return [padded, digits, sure].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
