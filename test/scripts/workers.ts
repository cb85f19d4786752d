/** Stands in for `cloudflare:workers` where the Worker's modules are only looked at, in Node. */
export class DurableObject {}

export function waitUntil(): never {
  throw new Error("Nothing of the Worker runs in Node");
}

export const env = {};
