import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import { toTlsSettings } from '../../drivers/turso/to-tls-settings.js';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';

/** An answer of a server, as HTTP sees it. */
export interface HttpProbe {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Longest answer that is read, in bytes: a probe asks for little. */
const longestBody = 100_000;

/** Asks a server something that is no statement. @returns undefined when it does not answer */
export function probeHttp(
  { secure, hostname, port, basePath, tls }: ResolvedTursoTarget,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
  timeoutMs: number,
): Promise<HttpProbe | undefined> {
  return new Promise((resolve) => {
    const exchange = (secure ? requestHttps : requestHttp)({
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      hostname,
      port,
      path: `${basePath}${path}`,
      signal: AbortSignal.timeout(timeoutMs),
      ...(secure && toTlsSettings(tls)),
      headers,
    });
    exchange.on('error', () => resolve(undefined));
    exchange.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes <= longestBody) chunks.push(chunk);
        else response.destroy();
      });
      response.on('error', () => resolve(undefined));
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    exchange.end(body);
  });
}
