/** What the environment gives to `resolveOptions`. */
export interface OptionsEnvironment {
  /** Name of the connection; the default connection has none. */
  readonly name?: string | undefined;
  /** Value of a variable; `undefined` and `null` mean that it is not set. May be a parsed number or boolean. */
  readonly read: (variable: string) => unknown;
  readonly nodeEnv: string | undefined;
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

/**
 * The environment behind a reader, such as `ConfigService.get`.
 *
 * @param name of the connection; the default connection has none
 * @param read by default reads the environment of the process
 */
export function createOptionsEnvironment(
  name: string | undefined,
  read: (variable: string) => unknown = readProcess,
): OptionsEnvironment {
  // A reader that knows only a file must not hide that this process runs in production.
  const nodeEnv = read('NODE_ENV') ?? readProcess('NODE_ENV');
  return { name, read, nodeEnv: typeof nodeEnv === 'string' ? nodeEnv : undefined, cwd: process.cwd() };
}

function readProcess(variable: string): string | undefined {
  return process.env[variable];
}
