/**
 * Why there was no connection, for the one place where people ask. In production Cloudflare says it with a status
 * (diagnosis.ts). Local workerd has two messages for everything (measured: "Network connection lost." for a refused
 * connection and for a broken one, "internal error" for a name that does not resolve and for TLS), and a bare TCP
 * connection tells them apart. Development only: production may not connect to everything that it may fetch.
 */
import type { Way } from "../providers/destination.ts";
import type { Transport } from "../providers/faults/evidence.ts";

const PATIENCE_MS = 3_000;

/** What it was on an account's way, as far as a second look shows; `first` where none may be taken. Never rejects. */
export async function connectionCauseOn(env: Env, { baseUrl, egress }: Way, first: Transport): Promise<Transport> {
  if (env.ALLOW_PRIVATE_UPSTREAMS !== "1" || egress?.via === "binding") return first;
  return connectionCause(egress?.via === "gateway" ? egress.baseUrl : baseUrl, first);
}

async function connectionCause(baseUrl: string, first: Transport): Promise<Transport> {
  if (first !== "reset" && first !== "connect") return first;
  const { hostname, port, protocol } = new URL(baseUrl);
  const secure = protocol === "https:";
  const open = await accepts(hostname.replace(/^\[|\]$/g, ""), port === "" ? (secure ? 443 : 80) : Number(port));
  if (first === "reset") return open ? "reset" : "connect";
  if (!open) return "dns";
  return secure ? "tls" : "connect";
}

async function accepts(hostname: string, port: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    // Only here: the module exists in workerd alone, and whoever merely lists the admin API's routes does so in Node.
    const { connect } = await import("cloudflare:sockets");
    const socket = connect({ hostname, port });
    socket.closed.catch(() => {});
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const open = await Promise.race([socket.opened.then(() => true), late]);
    socket.close().catch(() => {});
    return open;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
