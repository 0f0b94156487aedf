import type { ReadStream } from 'node:tty';
import { ConfigurationError } from '../errors/configuration-error.js';
import { createAbortedError } from '../errors/wait-errors.js';

/** What a prompt reads from and writes to. */
export interface Terminal {
  readonly input: Pick<ReadStream, 'setRawMode' | 'on' | 'off' | 'resume' | 'pause' | 'isTTY'>;
  readonly output: Pick<NodeJS.WritableStream, 'write'>;
}

const enter: readonly string[] = ['\r', '\n', '\u0004'];
const interrupt = '\u0003';
const backspace: readonly string[] = ['\u007f', '\b'];

/**
 * Asks for a token on a terminal, without showing what is typed.
 * @returns undefined when nothing was typed
 * @throws ConfigurationError when it was interrupted, or the terminal is gone
 * @throws DatabaseError `ABORTED`
 */
export async function askToken(
  { input, output }: Terminal,
  location: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const doing = 'while a token was asked for';
  if (signal.aborted) throw createAbortedError(doing, signal.reason);
  output.write(`Token for ${location} (Enter for none): `);
  input.setRawMode(true);
  input.resume();
  return new Promise((resolve, reject) => {
    let token = '';
    const end = (settle: () => void): void => {
      input.off('data', read).off('end', lose).off('close', lose);
      signal.removeEventListener('abort', abort);
      input.setRawMode(false);
      input.pause();
      output.write('\n');
      settle();
    };
    const lose = (): void => end(() => reject(new ConfigurationError('no token was given')));
    const abort = (): void => end(() => reject(createAbortedError(doing, signal.reason)));
    const read = (data: Buffer): void => {
      for (const letter of data.toString()) {
        if (enter.includes(letter)) return end(() => resolve(token.trim() || undefined));
        if (letter === interrupt) return lose();
        token = backspace.includes(letter) ? token.slice(0, -1) : token + letter;
      }
    };
    input.on('data', read).on('end', lose).on('close', lose);
    signal.addEventListener('abort', abort, { once: true });
  });
}
