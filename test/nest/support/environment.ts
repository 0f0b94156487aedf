import { afterEach } from '@jest/globals';

let original: NodeJS.ProcessEnv | undefined;

afterEach(() => {
  if (original === undefined) return;
  for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name];
  Object.assign(process.env, original);
  original = undefined;
});

/** Sets variables until the end of the test; what the test changes itself is undone too. `undefined` removes one. */
export function setEnvironment(variables: Record<string, string | undefined> = {}): void {
  original ??= { ...process.env };
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
