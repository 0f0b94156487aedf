import { DatabaseError } from '../../errors/database-error.js';
import { assertUsableToken } from '../../options/resolve-auth-token.js';
import { Secret } from '../../options/secret.js';

/**
 * Calls the app's own function. An answer that comes too late is dropped, so that the next call asks anew.
 * @throws DatabaseError `unavailable` without an answer in time, `auth` when it fails, `configuration` when its answer is no token
 */
export async function askTokenFunction(
  source: () => string | Promise<string>,
  timeoutMs: number,
): Promise<Secret> {
  const token = await new Promise<unknown>((resolve, reject) => {
    // whoever waits for it has a timer of its own; a process that is over does not wait for its app's function
    const timer = setTimeout(() => reject(createUnansweredError(timeoutMs)), timeoutMs).unref();
    const asked = (async () => source())();
    asked
      .then(resolve, (error: unknown) => reject(createFailedError(error)))
      .finally(() => clearTimeout(timer));
  });
  assertUsableToken(token, 'the authToken function');
  return new Secret(token);
}

function createUnansweredError(timeoutMs: number): DatabaseError {
  return new DatabaseError(
    `the authToken function did not answer within ${timeoutMs} ms (connectTimeoutMs)`,
    {
      code: 'AUTH_TOKEN_FUNCTION_TIMEOUT',
      kind: 'unavailable',
      outcome: 'not-applied',
    },
  );
}

function createFailedError(error: unknown): DatabaseError {
  const { name, code } = describe(error);
  const reason = code === undefined ? name : `${name}, ${code}`;
  return new DatabaseError(`the authToken function failed (${reason})`, {
    code: 'AUTH_TOKEN_FUNCTION_FAILED',
    kind: 'auth',
    outcome: 'not-applied',
    cause: withoutWords(error),
  });
}

/** The app's error as a cause: what it is and where it was thrown. Its message may hold a credential, so it stays out. */
function withoutWords(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, code } = describe(error);
  const frames = (error.stack ?? '')
    .replace(error.message, '')
    .split('\n')
    .filter((line) => /^ {4}at /.test(line));
  const cause = new Error('(its message is left out: it may hold a credential)');
  cause.name = name;
  cause.stack = [`${name}: ${cause.message}`, ...frames].join('\n');
  return Object.assign(cause, code !== undefined && { code });
}

/** Only what looks like an identifier, as the system's codes do: `ECONNREFUSED`. */
function describe(error: unknown): { name: string; code: string | undefined } {
  if (!(error instanceof Error)) return { name: typeof error, code: undefined };
  const { name, code } = error as NodeJS.ErrnoException;
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code);
  return { name, code: known ? code : undefined };
}
