import { styleText } from 'node:util';

/** What the lines of a result mean. */
const colours = [
  ['red', /^(problem|fail) |^a copy would be refused|^source and target differ| differs$/],
  ['yellow', /^(note|warn|not compared) |rows were left out/],
  ['green', /^(verified: |nothing stands against|integrity check: ok)/],
] as const;

/** Colours a result for a terminal; for everybody else, and where `NO_COLOR` is set, it stays as it is. */
export function paint(text: string, stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): string {
  if (stream.isTTY !== true) return text;
  return text
    .split('\n')
    .map((line) => {
      const [colour] = colours.find(([, pattern]) => pattern.test(line)) ?? [];
      return colour === undefined ? line : styleText(colour, line, { stream });
    })
    .join('\n');
}
