/** What Cloudflare's API refuses, and what a person can do about it. Pure. The codes are those of the API's error envelope. */

export interface Fault {
  /** From Cloudflare's envelope; null if something else than Cloudflare refused. */
  code: number | null;
  message: string;
}

const NO_WORKER: readonly number[] = [10007, 10090];
const NOT_ALLOWED: readonly number[] = [10000, 10001, 9106, 9109];
const TOO_MANY: readonly number[] = [971, 10429];
/** Errors that a repetition does not change. */
const FINAL: readonly number[] = [...NO_WORKER, ...NOT_ALLOWED, 7404, 10006];

export const isNoWorker = ({ code }: Fault) => code !== null && NO_WORKER.includes(code);
export const saysNo = ({ code }: Fault) => code !== null && FINAL.includes(code);

/** Says what was tried, what the result was, and what to do. */
export function explained(what: string, { code, message }: Fault): string {
  return [`${what} failed: ${message}`, ...advice(code)].join("\n");
}

function advice(code: number | null): string[] {
  if (code !== null && NOT_ALLOWED.includes(code)) {
    return [
      "The login or the token may not do this. A token needs, for your account: Workers Scripts, D1 and Workers KV Storage (Edit), Account Settings (Read);",
      "for a domain of your own also, for its zone: Workers Routes (Edit) and Zone (Read); for backups: Workers R2 Storage (Edit).",
    ];
  }
  const again = "What is done is kept: run npm run deploy again, and it goes on from here.";
  if (code !== null && TOO_MANY.includes(code)) return [`Cloudflare asks to wait for some minutes. ${again}`];
  return [again];
}
