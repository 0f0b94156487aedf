import { connect, type Socket } from 'node:net';
import type { Fault, FaultPlan } from './fault.js';
import { PacedWriter } from './paced-writer.js';
import { RequestReader } from './request-reader.js';

export interface ProxyCounts {
  connections: number;
  requests: number;
  /** Bytes received from clients. */
  bytesUp: number;
  /** Bytes received from the server. */
  bytesDown: number;
}

/** One client's connection and the one to the server that belongs to it. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #target: { host: string; port: number };
  readonly #plans: FaultPlan[];
  readonly #counts: ProxyCounts;
  readonly #reader = new RequestReader();
  readonly #down: PacedWriter;
  #server: { socket: Socket; up: PacedWriter } | undefined;
  /** The parts of the current request that nobody has dealt with yet. */
  #held: Buffer[] = [];
  #fault: Fault | undefined;
  #answer: Buffer = Buffer.alloc(0);

  constructor(
    client: Socket,
    target: { host: string; port: number },
    plans: FaultPlan[],
    counts: ProxyCounts,
  ) {
    this.#client = client.setNoDelay(true).unref();
    this.#target = target;
    this.#plans = plans;
    this.#counts = counts;
    this.#down = new PacedWriter(client);
    client.on('data', (data: Buffer) => this.#onClientData(data));
    client.on('end', () => this.#server?.up.end());
    client.on('error', () => client.destroy());
    client.on('close', () => this.#server?.socket.destroy());
  }

  reset(): void {
    // reset behind its end, a socket never closes and the process never ends (Node 20.20)
    if (this.#client.writableEnded) this.#client.destroy();
    else this.#client.resetAndDestroy();
  }

  #onClientData(data: Buffer): void {
    this.#counts.bytesUp += data.length;
    for (const { chunk, starts, ends } of this.#reader.read(data)) {
      if (starts) {
        this.#counts.requests++;
        this.#fault = undefined;
        this.#answer = Buffer.alloc(0);
        this.#held = [];
      }
      this.#held.push(chunk);
      const isWhole = ends || this.#reader.isOpaque;
      if (!this.#fault && (isWhole || !this.#plans.some((plan) => plan.readsText)))
        this.#fault = this.#takeFault();
      if (this.#fault) this.#applyToRequest(this.#fault, isWhole);
    }
  }

  #takeFault(): Fault {
    const text = (): string => Buffer.concat(this.#held).toString();
    for (const plan of this.#plans) {
      const fault = plan.takeForRequest(text);
      if (fault) return fault;
    }
    return { kind: 'none' };
  }

  #applyToRequest(fault: Fault, isWhole: boolean): void {
    const chunks = this.#held;
    if (fault.kind === 'blackhole') return;
    if (fault.kind === 'reset-before-forward') {
      if (isWhole) this.reset();
      return;
    }
    if (fault.kind === 'respond' && !fault.afterForward) {
      if (isWhole) this.#down.write(toResponse(fault, 'keep-alive'));
      return;
    }
    this.#held = [];
    this.#server ??= this.#connect();
    for (const chunk of chunks)
      this.#server.up.write(chunk, fault.kind === 'delay' ? fault.upMs : 0, this.#client);
  }

  #connect(): { socket: Socket; up: PacedWriter } {
    const socket = connect(this.#target).setNoDelay(true).unref();
    socket.on('data', (chunk: Buffer) => {
      this.#counts.bytesDown += chunk.length;
      this.#applyToAnswer(this.#fault ?? { kind: 'none' }, chunk, socket);
    });
    socket.on('end', () => this.#down.end());
    socket.on('error', () => this.reset());
    return { socket, up: new PacedWriter(socket) };
  }

  #applyToAnswer(fault: Fault, chunk: Buffer, socket: Socket): void {
    switch (fault.kind) {
      case 'reset-after-forward':
        return this.reset();
      case 'respond':
        return this.#close(toResponse(fault, 'close'));
      case 'drip':
        return this.#down.drip(chunk, fault.bytes, fault.everyMs);
      case 'delay':
        return this.#down.write(chunk, fault.downMs);
      case 'fin-mid-body': {
        this.#answer = Buffer.concat([this.#answer, chunk]);
        const bodyStart = this.#answer.indexOf('\r\n\r\n') + 4;
        if (bodyStart < 4 || bodyStart === this.#answer.length) return;
        return this.#close(this.#answer.subarray(0, Math.ceil((bodyStart + this.#answer.length) / 2)));
      }
      case 'blackhole':
      case 'reset-before-forward':
        return;
      case 'none':
        return this.#down.write(chunk, 0, socket);
    }
  }

  #close(lastWords: Buffer): void {
    this.#server?.socket.removeAllListeners('data').destroy();
    this.#down.write(lastWords);
    this.#down.end();
  }
}

function toResponse(fault: Extract<Fault, { kind: 'respond' }>, connection: 'keep-alive' | 'close'): Buffer {
  const body = Buffer.from(fault.body ?? '');
  const headers = { ...fault.headers, connection, 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${fault.status} Answer\r\n${lines.join('')}\r\n`), body]);
}
