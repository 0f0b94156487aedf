import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import { within } from '../../async/within.js';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';
import { OpenAnswer, type HttpAnswer } from './open-answer.js';
import { toTlsSettings } from './to-tls-settings.js';
import { TransportError } from './transport-error.js';

/** A request on its way. */
interface Exchange {
  readonly request: ClientRequest;
  /** The beginning of the answer. When there is none, the request is destroyed. Rejects with a TransportError. */
  readonly response: Promise<IncomingMessage>;
  isSent(): boolean;
}

/** Code of an answer that was cut because of its length. */
export const tooLongCode = 'ANSWER_TOO_LONG';

/** How long the answer to a request that nobody waits for any more is still read; then the request is cut. */
const lateAnswerMs = 1_000;

/**
 * POSTs JSON to one server over kept-alive sockets. It speaks `node:http` and not `fetch`: the phases of a request are visible, so
 * that "never sent" and "sent, answer lost" are told apart; a private CA needs no second HTTP client; and no answer comes
 * brotli-compressed, which costs the server 9 to 47 times the rows a second.
 */
export class HttpTransport {
  readonly #target: ResolvedTursoTarget;
  readonly #connectTimeoutMs: number;
  readonly #agent: HttpAgent;

  constructor(target: ResolvedTursoTarget, connectTimeoutMs: number, maxSockets: number) {
    this.#target = target;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#agent = createAgent(target, maxSockets);
  }

  /**
   * Sends one request and reads its whole answer within the deadline.
   * @param compose makes the body, once the connection stands: until then nothing of the request is decided
   * @param onLate receives the answer to a request that was sent when its caller stopped waiting; without it, such a request is cut,
   *   which lets the server cancel it
   * @param maxBytes an answer that grows longer is cut
   * @throws TransportError
   */
  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    compose: () => string,
    deadline: Deadline,
    onLate?: (late: Promise<HttpAnswer>) => void,
    maxBytes = Infinity,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const exchange = this.#createExchange(path, headers, compose);
      const answer = readAnswer(exchange, maxBytes);
      const giveUp = (error: TransportError): void => {
        reject(error);
        if (error.sent && onLate !== undefined) onLate(keepReading(answer, exchange));
        else exchange.request.destroy();
      };
      const stopWatching = watchExchange(exchange, deadline, giveUp);
      answer.then(resolve, reject).finally(stopWatching).catch(reject);
    });
  }

  /**
   * Sends one request and hands out its answer as soon as that begins: for one that is too long to be held.
   * @param deadline bounds the wait for the beginning
   * @throws TransportError
   */
  open(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    deadline: Deadline,
  ): Promise<OpenAnswer> {
    return new Promise((resolve, reject) => {
      const exchange = this.#createExchange(path, headers, () => body);
      const { request, response } = exchange;
      const stopWatching = watchExchange(exchange, deadline, (error) => {
        reject(error);
        request.destroy();
      });
      response
        .then((begun) => resolve(new OpenAnswer(request, begun)), reject)
        .finally(stopWatching)
        .catch(reject);
    });
  }

  /** Closes every socket, also those with a request in flight. */
  close(): void {
    this.#agent.destroy();
  }

  #createRequest(path: string, headers: Readonly<Record<string, string>>): ClientRequest {
    const { secure, hostname, port, basePath } = this.#target;
    const request = secure ? requestHttps : requestHttp;
    return request({
      method: 'POST',
      agent: this.#agent,
      hostname,
      port,
      path: `${basePath}${path}`,
      headers: { ...headers, 'content-type': 'application/json', 'accept-encoding': 'identity' },
    });
  }

  #createExchange(path: string, headers: Readonly<Record<string, string>>, compose: () => string): Exchange {
    const request = this.#createRequest(path, headers);
    const state = { sent: false };
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      const fail = (error: Error): void => {
        reject(error);
        request.destroy();
      };
      request.on('error', (error) =>
        fail(new TransportError('network', state.sent && !isUnwritten(error), error)),
      );
      request.on('response', (begun) => {
        // a server that refuses before it has read the whole request closes the socket behind its answer
        if (begun.statusCode !== 200) request.shouldKeepAlive = false;
        resolve(begun);
      });
      const send = (): void => {
        try {
          const body = compose();
          state.sent = true;
          request.end(body);
        } catch (error) {
          fail(error as Error);
        }
      };
      this.#whenConnected(request, send, fail);
    });
    return { request, response, isSent: () => state.sent };
  }

  /** Until its socket is connected (and, over TLS, trusted) nothing of a request is sent. */
  #whenConnected(request: ClientRequest, send: () => void, fail: (error: TransportError) => void): void {
    request.on('socket', (socket) => {
      const sendUnlessGone = (): void => {
        if (!request.destroyed) send();
      };
      if (!socket.connecting) {
        // behind this event Node ends a request that is whole, and would tell who listens of its start once more
        process.nextTick(sendUnlessGone);
        return;
      }
      const timer = setTimeout(
        () => fail(new TransportError('connect-timeout', false, undefined, this.#connectTimeoutMs)),
        this.#connectTimeoutMs,
      );
      const stop = (): void => clearTimeout(timer);
      socket.once(this.#target.secure ? 'secureConnect' : 'connect', () => {
        stop();
        sendUnlessGone();
      });
      request.once('close', stop);
    });
  }
}

function watchExchange(
  exchange: Exchange,
  deadline: Deadline,
  onEnd: (error: TransportError) => void,
): () => void {
  return watchDeadline(
    deadline,
    () => onEnd(new TransportError('timeout', exchange.isSent(), undefined, deadline.timeoutMs)),
    (reason) => onEnd(new TransportError('aborted', exchange.isSent(), reason)),
  );
}

/** Settles when the answer is whole or the request has failed; a failed request is destroyed. */
async function readAnswer({ request, response }: Exchange, maxBytes: number): Promise<HttpAnswer> {
  const begun = await response;
  try {
    const body = await readBody(begun, maxBytes);
    return {
      status: begun.statusCode ?? 0,
      headers: begun.headers,
      body: body.toString('utf8'),
      bytes: body.length,
    };
  } catch (error) {
    request.destroy();
    throw new TransportError('network', true, error);
  }
}

/** Nobody waits any more, but the answer tells what the stream needs next. */
function keepReading(answer: Promise<HttpAnswer>, { request }: Exchange): Promise<HttpAnswer> {
  const late = within(answer, createDeadline(lateAnswerMs), 'waiting for a late answer');
  late.catch(() => request.destroy());
  return late;
}

function createAgent(target: ResolvedTursoTarget, maxSockets: number): HttpAgent {
  const pooling = { keepAlive: true, maxSockets, scheduling: 'lifo' } as const;
  if (!target.secure) return new HttpAgent(pooling);
  return new HttpsAgent({ ...pooling, ...toTlsSettings(target.tls) });
}

/**
 * The system refused to take the request, or its end: no whole request can have arrived. It is how a kept socket fails that the server
 * has closed meanwhile.
 */
function isUnwritten(error: NodeJS.ErrnoException): boolean {
  return error.syscall === 'write';
}

function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) reject(createTooLongError());
    });
    response.on('error', reject);
    response.on('close', () => reject(new Error('the answer was cut off')));
    response.on('end', () => {
      if (response.complete) resolve(Buffer.concat(chunks, bytes));
    });
  });
}

function createTooLongError(): Error {
  return Object.assign(new Error('the answer is too long to be held'), { code: tooLongCode });
}
