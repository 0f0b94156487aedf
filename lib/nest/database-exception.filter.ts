import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import type { DatabaseError } from '../errors/database-error.js';
import { findDatabaseError } from '../errors/find-database-error.js';
import { findRefusing, isRefusedUnsent } from '../errors/refused-unsent.js';
import { RepeatedLines } from './repeated-lines.js';
import { toHttpAnswer, type HttpAnswer } from './to-http-answer.js';

/**
 * What the filter takes: Nest asks `instanceof`. An error that wraps a `DatabaseError` counts (ORMs wrap), an `HttpException` that does
 * never: there the app has chosen its answer. Everything else stays with the app's other filters and Nest's own.
 */
class DatabaseFailure {
  static [Symbol.hasInstance](value: unknown): boolean {
    return !(value instanceof HttpException) && findDatabaseError(value) !== undefined;
  }
}

/** The part of a response that Express and Fastify share. */
interface Response {
  readonly headersSent: boolean;
  end(): unknown;
  /** Node's own response behind that of Fastify. */
  readonly raw?: Pick<Response, 'headersSent' | 'end'>;
  status(code: number): Response;
  header(name: string, value: string): Response;
  send(body: unknown): unknown;
}

/** Methods that HTTP allows to repeat when nobody knows whether they took effect (RFC 9110, 9.2.2). */
const idempotentMethods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/**
 * Answers failures of the database without telling SQL, values or tables: a violated key is 409, a row that is wrong by itself
 * 400, a database that cannot be reached in time 503 with `Retry-After`, too much data 413, everything else 500. The error itself goes
 * to the log, once; of those that an outage refuses unsent, one in ten seconds for each database, with the number of the others. Works
 * with Express and Fastify, as `app.useGlobalFilters(new DatabaseExceptionFilter())`, `APP_FILTER` and `@UseFilters`.
 */
@Catch(DatabaseFailure)
export class DatabaseExceptionFilter implements ExceptionFilter {
  readonly #logger = new Logger(DatabaseExceptionFilter.name);
  readonly #refused = new RepeatedLines();

  catch(exception: unknown, host: ArgumentsHost): Observable<never> | HttpException | undefined {
    const error = findDatabaseError(exception);
    if (error === undefined) throw exception;
    const answer = toHttpAnswer(error);
    this.#log(error, answer.statusCode);
    const type = host.getType<string>();
    if (type === 'http') return reply(error, answer, host);
    const clean = new HttpException(answer, answer.statusCode);
    // microservices expect a stream, GraphQL the error itself
    return type === 'rpc' ? throwError(() => clean) : clean;
  }

  /** The wrapper of an ORM may print bound values, so only our own error is written down. */
  #log(error: DatabaseError, statusCode: number): void {
    // a busy app would write thousands of lines
    const leftOut = isRefusedUnsent(error) ? this.#refused.next(findRefusing(error)) : 0;
    if (leftOut === undefined) return;
    const others = leftOut === 0 ? '' : `; ${leftOut} more were refused since the last such line`;
    const text = `${error.message} (${error.kind}, ${error.outcome})${others}`;
    if (statusCode === 500) this.#logger.error(text, error.stack);
    else this.#logger.warn(text);
  }
}

function reply(error: DatabaseError, answer: HttpAnswer, host: ArgumentsHost): undefined {
  const http = host.switchToHttp();
  const response = http.getResponse<Response>();
  const raw = response.raw ?? response;
  if (raw.headersSent) {
    raw.end();
    return;
  }
  const { method } = http.getRequest<{ readonly method: string }>();
  if (answer.statusCode === 503 && (error.outcome === 'not-applied' || idempotentMethods.includes(method))) {
    const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1000));
    response.header('Retry-After', String(seconds));
  }
  response.status(answer.statusCode).send(answer);
}
