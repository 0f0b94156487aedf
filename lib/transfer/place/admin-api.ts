import { DatabaseError } from '../../errors/database-error.js';
import { createTransferError } from '../transfer-errors.js';

/** Longest time for one request, in milliseconds: creating a database reads the whole file. */
const requestTimeoutMs = 60_000;

/** The administration of a self-hosted sqld, as far as a placement needs it. */
export class AdminApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** @throws DatabaseError when nobody answers, or something that is no such administration */
  async exists(namespace: string): Promise<boolean> {
    const { status, text } = await this.#ask('GET', namespace, '/config');
    if (status === 200) return true;
    // a web server without such a page says 404, too
    if (status === 404 && text.includes(namespace)) return false;
    throw createAnswerError(status);
  }

  async create(namespace: string): Promise<void> {
    const { status, text } = await this.#ask('POST', namespace, '/create');
    if (status === 200) return;
    if (status === 400 && text.includes('already exists'))
      throw createTransferError(`somebody else has created the namespace ${namespace}`, 'TRANSFER_CONFLICT');
    throw createAnswerError(status);
  }

  /** Removes a namespace with its files. */
  async remove(namespace: string): Promise<void> {
    const { status } = await this.#ask('DELETE', namespace, '');
    if (status !== 200) throw createAnswerError(status);
  }

  async #ask(method: string, namespace: string, path: string): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.#url}/v1/namespaces/${namespace}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(requestTimeoutMs),
        ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body: '{}' }),
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      throw createUnavailableError('the admin URL of the server does not answer', cause);
    }
  }
}

/** What was asked for may have been done; asking again later shows it. */
export function createUnavailableError(message: string, cause?: unknown): DatabaseError {
  return new DatabaseError(message, {
    code: 'TRANSFER_ADMIN_UNAVAILABLE',
    kind: 'unavailable',
    outcome: 'unknown',
    cause,
  });
}

function createAnswerError(status: number): DatabaseError {
  if (status === 429 || status >= 500)
    return createUnavailableError(`the admin URL of the server answers with HTTP ${status}`);
  return createTransferError(
    `the admin URL answers with HTTP ${status}: give the address of --admin-listen-addr of a server with --enable-namespaces`,
    'TRANSFER_ADMIN_REFUSED',
  );
}
