/** Hears what the answers of a server tell beside their results, and knows when calls should not be sent. */
export interface HranaListener {
  /** Why a call that has waited for its turn is not sent any more. */
  refusal(): Error | undefined;
  /** The server answered as one that works, a refusal included. */
  onAnswer(): void;
  /** A request begins. The function hears how far the server's log was when it answered; answers come in any order. */
  onRequest(): (replicationIndex: bigint) => void;
}

/** For whoever needs none of it. */
export const unheard: HranaListener = {
  refusal: () => undefined,
  onAnswer: () => undefined,
  onRequest: () => () => undefined,
};
