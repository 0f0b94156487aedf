import type { Client, IntMode } from '@libsql/core/api';
import type { DriverCapabilities } from '../../lib/contract/driver.js';

/** What the facts may ask about a set-up. Where two set-ups differ, they differ here and nowhere else. */
export interface ContractCapabilities extends DriverCapabilities {
  /** Integers, booleans and dates are bound as INTEGER; @libsql/client binds integers and dates as REAL. */
  readonly bindsIntegersAsIntegers: boolean;
  /** Calls on a closed client are refused with `CLIENT_CLOSED`. */
  readonly namesClosedClient: boolean;
  /** A violated PRIMARY KEY is told apart from UNIQUE; the server's text has the same words for both. */
  readonly tellsPrimaryKeyApart: boolean;
  /** `PRAGMA user_version` can be set; Turso Cloud keeps it for itself. */
  readonly setsUserVersion: boolean;
  /** `sync()` answers with a rejected promise instead of throwing. */
  readonly rejectsSync: boolean;
}

export interface OpenOptions {
  readonly intMode?: IntMode;
  readonly shutdownTimeoutMs?: number;
}

/** One way to run the contract: a kind of database and a client for it. */
export interface ContractSetup<C extends Client = Client> {
  readonly name: string;
  readonly protocol: 'file' | 'http';
  readonly capabilities: ContractCapabilities;
  /** Starts what the set-up needs. Called once for a spec file, before the first `open`. */
  start(): Promise<void>;
  /** Opens a client to an empty database. The caller closes it. */
  open(options?: OpenOptions): Promise<C>;
  /** Ends what `start` began. */
  stop(): Promise<void>;
}
