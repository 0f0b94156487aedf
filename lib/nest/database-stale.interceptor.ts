import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { watchStaleReads } from '../contract/stale-reads.js';

/** The part of a response that Node, Express and Fastify share. */
interface Response {
  readonly headersSent?: boolean;
  /** Of Node and Express. */
  setHeader?(name: string, value: string): unknown;
  /** Of Fastify. */
  header?(name: string, value: string): unknown;
  /** Node's own response behind that of Fastify. */
  readonly raw?: { readonly headersSent: boolean };
}

const headerName = 'X-Database-Stale';

/**
 * Tells the client of a request that something of its answer is old: the header `X-Database-Stale` holds the greatest age in whole
 * seconds, rounded up, of what the replica has answered in place of a primary that did not answer (`fallback.replica`). Without such
 * a read there is no header.
 *
 * ```ts
 * app.useGlobalInterceptors(new DatabaseStaleInterceptor());
 * ```
 */
export class DatabaseStaleInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const response = context.switchToHttp().getResponse<Response>();
    let oldestMs = -1;
    const onStale = (ageMs: number): void => {
      if (ageMs <= oldestMs || (response.raw ?? response).headersSent === true) return;
      oldestMs = ageMs;
      const seconds = String(Math.ceil(ageMs / 1_000));
      if (response.setHeader !== undefined) response.setHeader(headerName, seconds);
      else response.header?.(headerName, seconds);
    };
    return new Observable((subscriber) =>
      watchStaleReads(onStale, () => next.handle().subscribe(subscriber)),
    );
  }
}
