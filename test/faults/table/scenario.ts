import type { DatabaseConnection, DatabaseModuleOptions } from '../../../lib/index.js';
import type { Fault } from '../../support/fault.js';
import type { FaultProxy } from '../../support/fault-proxy.js';
import type { SqldServer } from '../../support/sqld-server.js';
import type { TlsProxy } from '../../support/tls-proxy.js';
import type { CallKind } from './call-kinds.js';

/** One fault meeting one kind of call: a table of its own, behind a proxy of its own, on the server of the kind's lane. */
export interface Cell {
  readonly kind: CallKind;
  readonly table: string;
  readonly server: SqldServer;
  /** In front of the lane's server; it ends TLS. */
  readonly tls: TlsProxy;
  readonly proxy: FaultProxy;
  /** Called in reverse order before the next call. */
  readonly mend: (() => unknown)[];
  /** The request that meets the fault. */
  readonly meets: (request: string) => boolean;
}

/** A fault, and when it strikes. */
export interface Scenario {
  readonly fault: string;
  /** How long the call may take, in milliseconds. */
  readonly withinMs: number;
  /**
   * `boot`: before the connection is opened; `idle`: before the call, its transaction included; by default right before the statement
   * or the commit that it is for.
   */
  readonly when?: 'boot' | 'idle';
  /** On the server that asks for a token. */
  readonly guarded?: boolean;
  /** Of the connection under test, beside the usual ones. */
  readonly options?: (cell: Cell) => DatabaseModuleOptions;
  readonly strike: (cell: Cell, db: DatabaseConnection) => unknown;
  /** The call's own; by default those of the connection hold. */
  readonly timeoutMs?: number;
  /** What becomes of an unknown write is up to the operating system. */
  readonly either?: boolean;
  /** SQL in place of the usual one. */
  readonly statements?: (cell: Cell) => Statements;
  /** Many callers, who go on until the fault has lasted so long; the cell tells of their first calls. */
  readonly crowd?: { readonly callers: number; readonly lastsMs: number };
  /** Options of another connection that the next call goes over, and what it is called. */
  readonly next?: { readonly name: string; readonly options: (cell: Cell) => DatabaseModuleOptions };
}

/** What a call sends, and how many rows a write leaves. */
export interface Statements {
  readonly read: { sql: string; args?: Uint8Array[] };
  readonly write: { sql: string; args?: Uint8Array[] };
  readonly rows: number;
}

/** What became of a cell. */
export interface CellResult {
  readonly text: string;
  readonly next: string;
  /** Why the cell breaks a promise, whatever the page says. */
  readonly problems: readonly string[];
}

/** A fault that meets one request and is over. */
export function once(fault: Fault): Scenario['strike'] {
  return ({ proxy, meets }) => proxy.inject(fault, { requests: 1, when: meets });
}

/** A fault that meets every request of the call until it is mended. */
export function lasting(fault: Fault): Scenario['strike'] {
  return ({ proxy, meets, mend }) => {
    proxy.inject(fault, { when: meets });
    mend.push(() => proxy.clear());
  };
}
