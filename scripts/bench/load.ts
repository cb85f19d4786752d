/**
 * The clients: a fixed number at a time, each of which sends its next request when the last byte of its answer has arrived. Answers are
 * counted and discarded. Anything but a complete 200 ends the benchmark.
 */
import { Agent, type IncomingMessage, request } from "node:http";

export interface Load {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
  requests: number;
  concurrency: number;
}

/** What the clients saw; times in milliseconds from the last byte of the request. */
export interface Seen {
  firstByteMs: number[];
  /** When the first words of the answer came; for an answer that is no stream, its first byte. */
  firstTokenMs: number[];
  totalMs: number[];
  /** In how many pieces the bodies came: fewer than were written upstream if some were joined on the way. */
  pieces: number;
  bytes: number;
}

/** Occurs in the first event with words of every benchmarked stream, and in no earlier one. */
const WORDS = ["text_delta", " word"].map((text) => Buffer.from(text));

/** The answer that the fake provider should give. It follows the client's name, which every Worker passes on, unlike an unknown query. */
export const WISH = /(?<= wish\/)\S*$/;
const WISHES = ["events", "bytes", "pause"];

export async function run({ url, headers, ...rest }: Load): Promise<Seen> {
  const asked = new URL(url);
  const wish = new URLSearchParams();
  for (const name of WISHES) {
    const value = asked.searchParams.get(name);
    if (value !== null) wish.set(name, value);
    asked.searchParams.delete(name);
  }
  const named = `${headers["user-agent"] ?? "bench/1"} wish/${wish}`;
  const load = { ...rest, url: asked.href, headers: { ...headers, "user-agent": named } };
  const agent = new Agent({ keepAlive: true, maxSockets: load.concurrency });
  const seen: Seen = { firstByteMs: [], firstTokenMs: [], totalMs: [], pieces: 0, bytes: 0 };
  let left = load.requests;
  const client = async () => {
    while (left-- > 0) await once(load, agent, seen);
  };
  await Promise.all(Array.from({ length: load.concurrency }, client));
  agent.destroy();
  return seen;
}

function once({ url, headers, body }: Load, agent: Agent, seen: Seen): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: "POST", agent, headers: { ...headers, "content-length": body.length } });
    let sentAt = 0;
    sending.once("error", reject);
    sending.once("response", (response: IncomingMessage) => {
      let firstByteMs: number | undefined;
      let firstTokenMs: number | undefined;
      const refusal: Buffer[] = [];
      response.on("data", (chunk: Buffer) => {
        firstByteMs ??= performance.now() - sentAt;
        if (firstTokenMs === undefined && WORDS.some((text) => chunk.includes(text)))
          firstTokenMs = performance.now() - sentAt;
        seen.pieces++;
        seen.bytes += chunk.length;
        if (response.statusCode !== 200) refusal.push(chunk);
      });
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode !== 200) {
          return reject(new Error(`${url} answered ${response.statusCode}: ${Buffer.concat(refusal).toString()}`));
        }
        seen.firstByteMs.push(firstByteMs ?? 0);
        seen.firstTokenMs.push(firstTokenMs ?? firstByteMs ?? 0);
        seen.totalMs.push(performance.now() - sentAt);
        resolve();
      });
    });
    sending.end(body);
    sentAt = performance.now();
  });
}
