import type { Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import { DatabaseError } from '../../errors/database-error.js';
import { markSilence } from '../../errors/silence.js';
import { redactSecrets } from '../../options/redact-secrets.js';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';
import type { Secret } from '../../options/secret.js';
import { AuthTokenHolder } from './auth-token.js';
import type { HranaError, HranaPipelineAnswer, HranaRequest } from './hrana-protocol.js';
import { HttpTransport, type HttpAnswer } from './http-transport.js';
import { createProtocolError, toRequestError, toStatementError, toStatusError } from './turso-errors.js';

/** Sends Hrana pipelines to one server. Every failure leaves as a `DatabaseError` without the token. */
export class HranaClient {
  readonly #target: ResolvedTursoTarget;
  readonly #transport: HttpTransport;
  readonly #token: AuthTokenHolder;
  readonly #onAnswer: () => void;
  #answered = false;

  /** @param onAnswer called whenever the server answered as one that works, a refusal included */
  constructor(
    target: ResolvedTursoTarget,
    connectTimeoutMs: number,
    maxSockets: number,
    onAnswer: () => void = () => undefined,
  ) {
    this.#target = target;
    this.#onAnswer = onAnswer;
    this.#transport = new HttpTransport(target, connectTimeoutMs, maxSockets);
    this.#token = new AuthTokenHolder(target.authToken, connectTimeoutMs);
  }

  /**
   * Sends the requests on a new stream (`baton` null) or on the stream that the baton names.
   * @param onLate receives the answer that is still on its way when the deadline or its signal ends the call; without it, the
   *   request is cut
   * @throws DatabaseError
   */
  async send(
    requests: readonly HranaRequest[],
    baton: string | null,
    deadline: Deadline,
    onLate?: (late: Promise<HranaPipelineAnswer>) => void,
  ): Promise<HranaPipelineAnswer> {
    const read = (answer: HttpAnswer): HranaPipelineAnswer => this.#read(answer, requests.length);
    const answer = await this.#postWithToken({
      body: JSON.stringify({ baton, requests }),
      deadline,
      onLate: onLate && ((late) => onLate(late.then(read))),
    });
    return read(answer);
  }

  /** The error of a single statement, without secrets. */
  toStatementError(error: HranaError): DatabaseError {
    return toStatementError(error, this.#redact);
  }

  close(): void {
    this.#transport.close();
  }

  readonly #redact = (text: string): string => {
    const { remoteEncryptionKey: key } = this.#target;
    return redactSecrets(text, key === undefined ? this.#token.secrets() : [...this.#token.secrets(), key]);
  };

  /** A refused token is asked anew once: a 401 is sent before anything ran. */
  async #postWithToken(message: Message): Promise<HttpAnswer> {
    const { deadline } = message;
    const token = await this.#askToken(deadline);
    const answer = await this.#post(message, token?.reveal());
    if (answer.status !== 401 || !this.#token.renewable) return answer;
    this.#token.discard(token);
    return this.#post(message, (await this.#askToken(deadline))?.reveal());
  }

  /** The app's own function may hang; the call does not. */
  #askToken(deadline: Deadline): Promise<Secret | undefined> {
    return within(this.#token.get(), deadline, 'waiting for the authToken function');
  }

  async #post({ body, deadline, onLate }: Message, token: string | undefined): Promise<HttpAnswer> {
    const { remoteEncryptionKey, location, secure } = this.#target;
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(remoteEncryptionKey !== undefined && { 'x-turso-encryption-key': remoteEncryptionKey.reveal() }),
    };
    try {
      const answer = await this.#transport.post('/v3/pipeline', headers, body, deadline, onLate);
      this.#answered = true;
      return answer;
    } catch (error) {
      throw this.#judge(toRequestError(error, location, this.#redact, !secure && !this.#answered));
    }
  }

  #read({ status, headers, body }: HttpAnswer, expected: number): HranaPipelineAnswer {
    const { location } = this.#target;
    if (status !== 200) throw this.#judge(toStatusError({ status, headers, body }, location, this.#redact));
    let answer: Partial<HranaPipelineAnswer>;
    try {
      answer = JSON.parse(body) as Partial<HranaPipelineAnswer>;
    } catch {
      throw this.#judge(createProtocolError(location, 'an answer that is no JSON'));
    }
    if (!Array.isArray(answer.results) || answer.results.length > expected) {
      throw this.#judge(createProtocolError(location, 'JSON that is no Hrana answer'));
    }
    this.#onAnswer();
    return { baton: answer.baton ?? null, results: answer.results };
  }

  /** Notes what a failure says about the server: a refused token is an answer, the caller's own signal says nothing. */
  #judge(error: unknown): unknown {
    if (!(error instanceof DatabaseError) || error.kind === 'aborted' || error.kind === 'closed')
      return error;
    if (error.kind === 'unavailable' || error.kind === 'timeout') return markSilence(error);
    this.#onAnswer();
    return error;
  }
}

/** A pipeline on its way out. */
interface Message {
  readonly body: string;
  readonly deadline: Deadline;
  readonly onLate: ((late: Promise<HttpAnswer>) => void) | undefined;
}
