/** The calls of a turn that wait for their responses. Each response finds its call at once, however many there are. */

export interface Call {
  /** The id that the client gave the call; null if it gave none. */
  given: string | null;
  name: string;
  /** The id of the call in the hub. */
  id: string;
}

export class OpenCalls {
  readonly #taken = new Set<Call>();
  readonly #byId = new Map<string, Queue>();
  readonly #byName = new Map<string, Queue>();
  /** The calls that have no ids of their own. */
  readonly #unnamed = new Map<string, Queue>();

  add(call: Call): void {
    queueIn(this.#byName, call.name).push(call);
    if (call.given === null) queueIn(this.#unnamed, call.name).push(call);
    else queueIn(this.#byId, call.given).push(call);
  }

  /** Takes the first call with the response's id, else with its name. A client may make up an id in the response for a call without one. */
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
