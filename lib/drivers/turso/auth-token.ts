import { Secret } from '../../options/secret.js';
import { askTokenFunction } from './ask-token-function.js';
import { readTokenExpiry, type TokenExpiry } from './token-expiry.js';

/** Where the token comes from: the options as they were resolved. */
export type AuthTokenSource = Secret | (() => string | Promise<string>) | undefined;

/** Least time between two attempts to replace a token that still holds, in milliseconds. */
const renewalPauseMs = 1_000;

/** Keeps the current token; one that a function provides is kept until shortly before its end, or until the server refuses it. */
export class AuthTokenHolder {
  readonly #source: AuthTokenSource;
  readonly #askTimeoutMs: number;
  #current: Secret | undefined;
  #expiry: TokenExpiry | undefined;
  /** Refused or replaced, but an answer that quotes it may still be on its way. */
  #previous: Secret | undefined;
  #asking: Promise<Secret> | undefined;

  /** @param askTimeoutMs how long the function may take; then its answer is dropped, and the next call asks anew */
  constructor(source: AuthTokenSource, askTimeoutMs: number) {
    this.#source = source;
    this.#askTimeoutMs = askTimeoutMs;
    this.#current = source instanceof Secret ? source : undefined;
  }

  /** False when no token was configured. */
  get isSet(): boolean {
    return this.#source !== undefined;
  }

  /** True when a refused token can be replaced by asking for a new one. */
  get renewable(): boolean {
    return typeof this.#source === 'function';
  }

  /** The token to send now, if the database has one. Callers that ask together share one answer. */
  async get(): Promise<Secret | undefined> {
    if (typeof this.#source !== 'function') return this.#current;
    const now = Date.now();
    const expiry = this.#expiry;
    if (this.#current === undefined || (expiry !== undefined && now >= expiry.expiresAt))
      return this.#renew(this.#source);
    if (expiry !== undefined && now >= expiry.renewAt) this.#renewAhead(this.#source, expiry, now);
    return this.#current;
  }

  /** Forgets a token that the server refused; a newer one stays. */
  discard(refused: Secret | undefined): void {
    if (!this.renewable || this.#current !== refused) return;
    this.#keep(undefined);
  }

  /** Every secret known now, to take out of texts. */
  secrets(): Secret[] {
    return [this.#current, this.#previous].filter((secret) => secret !== undefined);
  }

  #renew(source: () => string | Promise<string>): Promise<Secret> {
    this.#asking ??= askTokenFunction(source, this.#askTimeoutMs)
      .then((secret) => this.#keep(secret))
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Nobody waits: the current token still holds. When no new one comes, those who come after its end are told. */
  #renewAhead(source: () => string | Promise<string>, expiry: TokenExpiry, now: number): void {
    this.#expiry = { ...expiry, renewAt: now + renewalPauseMs };
    this.#renew(source).catch(() => undefined);
  }

  #keep<T extends Secret | undefined>(secret: T): T {
    this.#previous = this.#current ?? this.#previous;
    this.#current = secret;
    this.#expiry = secret && readTokenExpiry(secret.reveal(), Date.now());
    return secret;
  }
}
