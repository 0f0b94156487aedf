/** Hears what the answers of a server tell beside their results. */
export interface HranaListener {
  /** The server answered as one that works, a refusal included. */
  onAnswer(): void;
  /** A request begins. The function hears how far the server's log was when it answered; answers come in any order. */
  onRequest(): (replicationIndex: bigint) => void;
}

/** For whoever needs none of it. */
export const unheard: HranaListener = { onAnswer: () => undefined, onRequest: () => () => undefined };
