import { createDeadline, type Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import { DatabaseError } from '../../errors/database-error.js';
import { markSilence } from '../../errors/silence.js';
import { redactSecrets } from '../../options/redact-secrets.js';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';
import type { Secret } from '../../options/secret.js';
import { AuthTokenHolder } from './auth-token.js';
import { findReplicationIndex } from './find-replication-index.js';
import { unheard, type HranaListener } from './hrana-listener.js';
import type {
  HranaCursorEntry,
  HranaCursorStart,
  HranaError,
  HranaPipelineAnswer,
  HranaRequest,
  HranaStep,
} from './hrana-protocol.js';
import { HttpTransport } from './http-transport.js';
import { OpenAnswer, type HttpAnswer, type HttpReply } from './open-answer.js';
import { createProtocolError, toRequestError, toStatusError } from './request-errors.js';
import { toStatementError } from './to-statement-error.js';
import { TransportError } from './transport-error.js';

/** Longest time to close a stream that a cursor leaves behind; the server drops an idle one after 10 s by itself. */
const closeTimeoutMs = 2_000;

/** Sends Hrana pipelines to one server. Every failure leaves as a `DatabaseError` without the token. */
export class HranaClient {
  readonly #target: ResolvedTursoTarget;
  readonly #transport: HttpTransport;
  readonly #token: AuthTokenHolder;
  readonly #listener: HranaListener;
  #answered = false;
  #isClosed = false;

  constructor(
    target: ResolvedTursoTarget,
    connectTimeoutMs: number,
    maxSockets: number,
    listener: HranaListener = unheard,
  ) {
    this.#target = target;
    this.#listener = listener;
    this.#transport = new HttpTransport(target, connectTimeoutMs, maxSockets);
    this.#token = new AuthTokenHolder(target.authToken, connectTimeoutMs);
  }

  /**
   * Sends the requests on a new stream (`baton` null) or on the stream that the baton names.
   * @param onLate receives the answer that is still on its way when the deadline or its signal ends the call; without it, the
   *   request is cut
   * @throws DatabaseError
   */
  send(
    requests: readonly HranaRequest[],
    baton: string | null,
    deadline: Deadline,
    onLate?: (late: Promise<HranaPipelineAnswer>) => void,
  ): Promise<HranaPipelineAnswer> {
    return this.#exchange(() => requests, baton, deadline, onLate);
  }

  /**
   * Sends requests on a new stream, which are gathered once the connection stands.
   * @param gather is called again for a request that the server refused because of its token
   * @param maxBytes an answer that grows longer is cut: `ANSWER_TOO_LONG`
   * @throws DatabaseError
   */
  sendGathered(gather: Gather, deadline: Deadline, maxBytes: number): Promise<HranaPipelineAnswer> {
    return this.#exchange(gather, null, deadline, undefined, maxBytes);
  }

  /**
   * Runs one batch on a stream of its own and hands out the answer as it comes, as many entries at a time as have arrived: memory stays
   * flat on both sides, however long it is.
   * @param deadline its length bounds each wait for the server
   * @throws DatabaseError of the first step that failed, or when the answer is cut off
   */
  async *openCursor(
    steps: readonly HranaStep[],
    deadline: Deadline,
  ): AsyncGenerator<HranaCursorEntry[], void, undefined> {
    const body = JSON.stringify({ baton: null, batch: { steps } });
    const onIndex = this.#listener.onRequest();
    const answer = await this.#withToken(deadline, (headers) =>
      this.#transport.open('/v3/cursor', headers, body, deadline),
    );
    let baton: string | null | undefined;
    try {
      await this.#assertAccepted(answer, deadline);
      for await (const lines of answer.lines(deadline)) {
        if (baton === undefined) baton = this.#readStart(lines.shift() ?? '');
        const entries = lines.map((line) => this.#parse<HranaCursorEntry>(line));
        const failed = entries.findIndex(({ type }) => type === 'error' || type === 'step_error');
        yield failed < 0 ? entries : entries.slice(0, failed);
        for (const entry of entries) this.#readEntry(entry, onIndex);
      }
    } catch (error) {
      throw error instanceof TransportError ? this.toRequestError(error) : error;
    } finally {
      answer.destroy();
      if (typeof baton === 'string' && !this.#isClosed) this.#closeStream(baton);
    }
  }

  /** Asked when a call has its turn: the server may have fallen silent meanwhile. @throws DatabaseError `CIRCUIT_OPEN` */
  throwIfCut(): void {
    const refusal = this.#listener.refusal();
    if (refusal !== undefined) throw refusal;
  }

  /** The error of a single statement, without secrets. */
  toStatementError(error: HranaError): DatabaseError {
    return toStatementError(error, this.redact);
  }

  /** The token for whoever speaks to the same server in another way. */
  token(deadline: Deadline): Promise<Secret | undefined> {
    return this.#askToken(deadline);
  }

  close(): void {
    this.#isClosed = true;
    this.#transport.close();
  }

  /** Takes every credential known now out of a text. */
  readonly redact = (text: string): string => {
    const { remoteEncryptionKey: key } = this.#target;
    return redactSecrets(text, key === undefined ? this.#token.secrets() : [...this.#token.secrets(), key]);
  };

  async #exchange(
    gather: Gather,
    baton: string | null,
    deadline: Deadline,
    onLate?: (late: Promise<HranaPipelineAnswer>) => void,
    maxBytes?: number,
  ): Promise<HranaPipelineAnswer> {
    const onIndex = this.#listener.onRequest();
    let requests: readonly HranaRequest[] = [];
    const compose = (): string => JSON.stringify({ baton, requests: (requests = gather()) });
    const read = (answer: HttpAnswer): HranaPipelineAnswer => this.#read(answer, requests.length, onIndex);
    const onLateAnswer = onLate && ((late: Promise<HttpAnswer>) => onLate(late.then(read)));
    const answer = await this.#withToken(deadline, (headers) =>
      this.#transport.post('/v3/pipeline', headers, compose, deadline, onLateAnswer, maxBytes),
    );
    return read(answer);
  }

  /** A refused token is asked anew once: a 401 is sent before anything ran. */
  async #withToken<A extends HttpAnswer | OpenAnswer>(deadline: Deadline, post: Post<A>): Promise<A> {
    const token = await this.#askToken(deadline);
    const answer = await this.#post(post, token?.reveal());
    if (answer.status !== 401 || !this.#token.renewable) return answer;
    if (answer instanceof OpenAnswer) answer.destroy();
    this.#token.discard(token);
    return this.#post(post, (await this.#askToken(deadline))?.reveal());
  }

  /** The app's own function may hang; the call does not. */
  async #askToken(deadline: Deadline): Promise<Secret | undefined> {
    if (!this.#token.renewable) return this.#token.get();
    return within(this.#token.get(), deadline, 'waiting for the authToken function');
  }

  async #post<A>(post: Post<A>, token: string | undefined): Promise<A> {
    const { remoteEncryptionKey } = this.#target;
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(remoteEncryptionKey !== undefined && { 'x-turso-encryption-key': remoteEncryptionKey.reveal() }),
    };
    try {
      const answer = await post(headers);
      this.#answered = true;
      return answer;
    } catch (error) {
      throw this.toRequestError(error);
    }
  }

  /** The error of a call whose request got no whole answer. */
  toRequestError(error: unknown): unknown {
    const { location, secure } = this.#target;
    return this.#judge(toRequestError(error, location, this.redact, !secure && !this.#answered));
  }

  #read({ bytes, ...reply }: HttpAnswer, expected: number, onIndex: OnIndex): HranaPipelineAnswer {
    if (reply.status !== 200) throw this.#toStatusError(reply);
    const answer = this.#parse<Partial<HranaPipelineAnswer>>(reply.body);
    if (!Array.isArray(answer.results) || answer.results.length > expected)
      throw this.#judge(createProtocolError(this.#target.location, 'JSON that is no Hrana answer'));
    this.#listener.onAnswer();
    const results = answer.results as HranaPipelineAnswer['results'];
    const index = findReplicationIndex(results);
    if (index !== undefined) onIndex(index);
    return { baton: answer.baton ?? null, results, bytes };
  }

  #readStart(line: string): string | null {
    const { baton } = this.#parse<HranaCursorStart>(line);
    this.#listener.onAnswer();
    return baton;
  }

  #readEntry(entry: HranaCursorEntry, onIndex: OnIndex): void {
    if (entry.type === 'error' || entry.type === 'step_error') throw this.toStatementError(entry.error);
    if (entry.type === 'replication_index' && entry.replication_index !== null)
      onIndex(BigInt(entry.replication_index));
  }

  async #assertAccepted(answer: OpenAnswer, deadline: Deadline): Promise<void> {
    const { status, headers } = answer;
    if (status !== 200) throw this.#toStatusError({ status, headers, body: await answer.text(deadline) });
  }

  #toStatusError(reply: HttpReply): unknown {
    return this.#judge(toStatusError(reply, this.#target.location, this.redact, this.#token.isSet));
  }

  #parse<T>(text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch {
      throw this.#judge(createProtocolError(this.#target.location, 'an answer that is no JSON'));
    }
  }

  /** In the background: a cursor leaves its stream open, and after 128 of them the server refuses everybody for 10 s (measured). */
  #closeStream(baton: string): void {
    this.send([{ type: 'close' }], baton, createDeadline(closeTimeoutMs)).catch(() => undefined);
  }

  /** Notes what a failure says about the server: a refused token is an answer, the caller's own signal says nothing. */
  #judge(error: unknown): unknown {
    if (!(error instanceof DatabaseError) || error.kind === 'aborted' || error.kind === 'closed')
      return error;
    if (error.kind === 'unavailable' || error.kind === 'timeout') return markSilence(error);
    this.#listener.onAnswer();
    return error;
  }
}

type Gather = () => readonly HranaRequest[];

type OnIndex = ReturnType<HranaListener['onRequest']>;

/** Sends a request with the headers that say who asks. */
type Post<A> = (headers: Readonly<Record<string, string>>) => Promise<A>;
