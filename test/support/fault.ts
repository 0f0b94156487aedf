/** What a proxy does to one request and its answer. */
export type Fault =
  | { kind: 'none' }
  /** Holds every byte back for a while, in each direction. */
  | { kind: 'delay'; upMs?: number; downMs?: number }
  /** Takes the request and never forwards or answers it. */
  | { kind: 'blackhole' }
  /** Resets the connection when the request has arrived; the server never sees it. */
  | { kind: 'reset-before-forward' }
  /** Forwards the request and resets the connection as soon as the server answers. */
  | { kind: 'reset-after-forward' }
  /** Forwards the request, passes half of the first piece of the answer's body on and closes the connection. */
  | { kind: 'fin-mid-body' }
  /** Passes the answer on a few bytes at a time. */
  | { kind: 'drip'; bytes: number; everyMs: number }
  /** Answers in the server's place; with `afterForward` the server has carried the request out. */
  | {
      kind: 'respond';
      status: number;
      headers?: Record<string, string>;
      body?: string;
      afterForward?: boolean;
    };

/** Which requests meet a fault: all of them until it is cleared, unless this says otherwise. */
export interface FaultScope {
  /** The next so many requests. */
  requests?: number;
  /** Every request on the next so many connections. */
  connections?: number;
  /** Only requests whose text (head and body) satisfies this. */
  when?: (request: string) => boolean;
}

interface Injection {
  fault: Fault;
  scope: FaultScope;
  left: number;
}

/** The faults that a proxy has in store, the oldest first. */
export class FaultPlan {
  #injections: Injection[] = [];

  inject(fault: Fault, scope: FaultScope): void {
    this.#injections.push({ fault, scope, left: scope.requests ?? scope.connections ?? Infinity });
  }

  clear(): void {
    this.#injections = [];
  }

  /** Whether the text of a request must be complete before its fault is known. */
  get readsText(): boolean {
    return this.#injections.some(({ scope }) => scope.when);
  }

  /** The faults that a new connection carries for as long as it lives. */
  takeForConnection(): FaultPlan {
    const plan = new FaultPlan();
    for (const injection of this.#injections) {
      if (injection.scope.connections === undefined || injection.left === 0) continue;
      injection.left--;
      plan.inject(injection.fault, injection.scope.when ? { when: injection.scope.when } : {});
    }
    return plan;
  }

  takeForRequest(text: () => string): Fault | undefined {
    const injection = this.#injections.find(
      ({ scope, left }) => scope.connections === undefined && left > 0 && (scope.when?.(text()) ?? true),
    );
    if (injection) injection.left--;
    return injection?.fault;
  }
}
