import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { addTokens } from '../../lib/cli/add-tokens.js';
import type { Terminal } from '../../lib/cli/ask-token.js';
import type { Place } from '../../lib/cli/command.js';

const { signal } = new AbortController();
const server = { server: { url: 'libsql://tasks.turso.io?tls=1' } };

describe('the prompt for a token', () => {
  it('shows nothing of what is typed', async () => {
    const terminal = createTerminal();
    const asking = addTokens([{ path: 'app.db' }, server], terminal, signal);
    for (const keys of ['sec', 'reX', '\u007f', 't\r']) terminal.type(keys);

    expect(await asking).toEqual([
      { path: 'app.db' },
      { server: { url: server.server.url, authToken: 'secret' } },
    ]);
    expect(terminal.shown()).toBe('Token for tasks.turso.io (Enter for none): \n');
    expect(terminal.modes).toEqual([true, false]);
  });

  it('takes nothing for none', async () => {
    const terminal = createTerminal();
    const asking = addTokens([server], terminal, signal);
    terminal.type('\r');

    expect(await asking).toEqual([server]);
  });

  it('ends the command when it is interrupted', async () => {
    const terminal = createTerminal();
    const asking = addTokens([server], terminal, signal);
    terminal.type('sec\u0003');

    await expect(asking).rejects.toMatchObject({ kind: 'configuration' });
    expect(terminal.modes).toEqual([true, false]);
  });

  it('ends with its signal', async () => {
    const terminal = createTerminal();
    const stopping = new AbortController();
    const asking = addTokens([server], terminal, stopping.signal);
    stopping.abort();

    await expect(asking).rejects.toMatchObject({ kind: 'aborted' });
    expect(terminal.modes).toEqual([true, false]);
  });

  it.each(['end', 'close'])('ends with its input: %s', async (event) => {
    const terminal = createTerminal();
    const asking = addTokens([server], terminal, signal);
    terminal.emit(event);

    await expect(asking).rejects.toMatchObject({ kind: 'configuration' });
    expect(terminal.modes).toEqual([true, false]);
  });

  it.each<[string, Place, boolean]>([
    ['where the environment has one', { server: { ...server.server, authToken: 'known' } }, true],
    ['for a server on this machine', { server: { url: 'http://127.0.0.1:8080' } }, true],
    ['where nobody sits in front of it', server, false],
  ])('does not appear %s', async (_name, place, isTTY) => {
    const terminal = createTerminal(isTTY);

    expect(await addTokens([place], terminal, signal)).toEqual([place]);
    expect(terminal.shown()).toBe('');
  });
});

interface TestTerminal extends Terminal {
  readonly modes: boolean[];
  type(keys: string): void;
  emit(event: string): void;
  shown(): string;
}

function createTerminal(isTTY = true): TestTerminal {
  const keyboard = new EventEmitter();
  const modes: boolean[] = [];
  let shown = '';
  const input = Object.assign(keyboard, {
    isTTY,
    setRawMode: (mode: boolean) => modes.push(mode),
    resume: () => undefined,
    pause: () => undefined,
  });
  return {
    input: input as unknown as Terminal['input'],
    output: {
      write(text: unknown) {
        shown += String(text);
        return true;
      },
    },
    modes,
    type: (keys) => void keyboard.emit('data', Buffer.from(keys)),
    emit: (event) => void keyboard.emit(event),
    shown: () => shown,
  };
}
