import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { AmbientDeadline, runWithinDeadline } from '../database/ambient-deadline.js';

/** Options of `DatabaseDeadlineInterceptor`. */
export interface DatabaseDeadlineOptions {
  /**
   * Longest time from the interceptor on until the end of the last call of the request, in milliseconds.
   * @default Infinity, only the client's disconnect ends calls
   */
  readonly timeoutMs?: number;
}

/** The part of a response that Node, Express and Fastify share. */
interface Response {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
  /** Node's own response behind that of Fastify. */
  readonly raw?: Response;
}

/**
 * Binds the calls of a request to it, those of an ORM included: when its time is over or its client disconnects, waiting calls end at
 * once, and new ones are refused before they are sent. A write that was sent already keeps its honest outcome. An interceptor inside
 * another one can only shorten the time. Guards and middleware run before it; work that outlives its request belongs into
 * `withoutRequestDeadline()`.
 *
 * ```ts
 * app.useGlobalInterceptors(new DatabaseDeadlineInterceptor({ timeoutMs: 5_000 }));
 * ```
 */
export class DatabaseDeadlineInterceptor implements NestInterceptor {
  readonly #timeoutMs: number;

  constructor({ timeoutMs = Infinity }: DatabaseDeadlineOptions = {}) {
    this.#timeoutMs = timeoutMs;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return new Observable((subscriber) => {
      const client = new AbortController();
      const deadline = new AmbientDeadline(this.#timeoutMs, client.signal);
      subscriber.add(() => deadline.end());
      if (context.getType() === 'http') {
        watch(context.switchToHttp().getResponse<Response>(), client);
      }
      subscriber.add(runWithinDeadline(deadline, () => next.handle().subscribe(subscriber)));
    });
  }
}

function watch(response: Response, client: AbortController): void {
  const raw = response.raw ?? response;
  const abort = (): void => {
    if (!raw.writableFinished) client.abort(new Error('the client has disconnected'));
  };
  // a guard or middleware may have taken longer than the client stayed
  if (raw.destroyed) abort();
  else raw.once('close', abort);
}
