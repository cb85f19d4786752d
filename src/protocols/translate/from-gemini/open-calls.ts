/** The calls of a turn that wait for their responses. However many there are, each response finds its own at once. */

export interface Call {
  /** As the client names it; null where it does not. */
  given: string | null;
  name: string;
  /** In the hub. */
  id: string;
}

export class OpenCalls {
  readonly #taken = new Set<Call>();
  readonly #byId = new Map<string, Queue>();
  readonly #byName = new Map<string, Queue>();
  /** Of the calls that have no ids of their own. */
  readonly #unnamed = new Map<string, Queue>();

  add(call: Call): void {
    queueIn(this.#byName, call.name).push(call);
    if (call.given === null) queueIn(this.#unnamed, call.name).push(call);
    else queueIn(this.#byId, call.given).push(call);
  }

  /** The first that has the id of the response, else its name; an id that the client has made for a call without one stands in the response alone. */
  take(id: string | null, name: string | null): Call | null {
    const byName = (id === null ? this.#byName : this.#unnamed).get(name ?? "");
    const call = this.#byId.get(id ?? "")?.first(this.#taken) ?? byName?.first(this.#taken) ?? null;
    if (call) this.#taken.add(call);
    return call;
  }
}

class Queue {
  readonly #calls: Call[] = [];
  #next = 0;

  push(call: Call): void {
    this.#calls.push(call);
  }

  first(taken: ReadonlySet<Call>): Call | null {
    for (; this.#next < this.#calls.length; this.#next++) {
      const call = this.#calls[this.#next];
      if (call && !taken.has(call)) return call;
    }
    return null;
  }
}

function queueIn(queues: Map<string, Queue>, key: string): Queue {
  const known = queues.get(key) ?? new Queue();
  queues.set(key, known);
  return known;
}
