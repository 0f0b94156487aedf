import { DatabaseError } from '../../errors/database-error.js';
import { assertUsableToken } from '../../options/resolve-auth-token.js';
import { Secret } from '../../options/secret.js';

/** Where the token comes from: the options as they were resolved. */
export type AuthTokenSource = Secret | (() => string | Promise<string>) | undefined;

/** Keeps the current token; one that a function provides is kept until the server refuses it. */
export class AuthTokenHolder {
  readonly #source: AuthTokenSource;
  #current: Secret | undefined;
  /** Refused, but an answer that quotes it may still be on its way. */
  #previous: Secret | undefined;
  #asking: Promise<Secret> | undefined;

  constructor(source: AuthTokenSource) {
    this.#source = source;
    this.#current = source instanceof Secret ? source : undefined;
  }

  /** True when a refused token can be replaced by asking for a new one. */
  get renewable(): boolean {
    return typeof this.#source === 'function';
  }

  /** The token to send now, if the database has one. Callers that ask together share one answer. */
  async get(): Promise<Secret | undefined> {
    if (this.#current !== undefined || typeof this.#source !== 'function') return this.#current;
    this.#asking ??= this.#ask(this.#source);
    return this.#asking;
  }

  /** Forgets a token that the server refused; a newer one stays. */
  discard(refused: Secret | undefined): void {
    if (!this.renewable || this.#current !== refused) return;
    this.#previous = refused;
    this.#current = undefined;
  }

  /** Every secret known now, to take out of texts. */
  secrets(): Secret[] {
    return [this.#current, this.#previous].filter((secret) => secret !== undefined);
  }

  async #ask(source: () => string | Promise<string>): Promise<Secret> {
    try {
      const token: unknown = await source();
      assertUsableToken(token, 'the authToken function');
      this.#current = new Secret(token);
      return this.#current;
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      // its message may hold a credential, so only its name is told
      const reason = error instanceof Error ? error.name : typeof error;
      throw new DatabaseError(`the authToken function failed (${reason})`, {
        code: 'AUTH_TOKEN_FUNCTION_FAILED',
        kind: 'auth',
        outcome: 'not-applied',
      });
    } finally {
      this.#asking = undefined;
    }
  }
}
