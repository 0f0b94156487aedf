import type { Client, IntMode } from '@libsql/core/api';
import type { DriverCapabilities } from '../../contract/driver.js';

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
  /** A write commits while a transaction of mode `read` is open. A file with a rollback journal waits for its end. */
  readonly commitsBesideReader: boolean;
  /** `sync()` answers with a rejected promise instead of throwing. */
  readonly rejectsSync: boolean;
  /** There is a replica that `sync()` brings up to date. */
  readonly hasReplica: boolean;
}

/** What a fact asks of the client that it gets. */
export interface OpenOptions {
  readonly intMode?: IntMode;
  readonly shutdownTimeoutMs?: number;
}

/** One way to run the contract: a kind of database and a client for it. */
export interface ContractSetup<C extends Client = Client> {
  /** The title above the facts. */
  readonly name: string;
  readonly capabilities: ContractCapabilities;
  /** Starts what the set-up needs: once, before the first `open`. */
  start?(): Promise<void>;
  /**
   * Opens a client to an empty database; `emptyDatabase` makes one empty. The client is idle: it has not been used yet. The
   * facts close it.
   */
  open(options?: OpenOptions): Promise<C>;
  /** Ends what `start` began. */
  stop?(): Promise<void>;
}
