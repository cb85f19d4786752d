/**
 * Reads bodies up to a bound. An isolate has 128 MB for everything that is in flight in it, and a server that never ends its answer
 * would fill them before any timeout.
 */
import { joined } from "./bytes.ts";

/** For errors: no API's error is larger, and the page that a proxy shows instead is read no further. */
export const LARGEST_ERROR = 256 * 1024;

/** The first bytes of a body, `most` at the most. The rest is not waited for, and the connection is closed. Rejects if it breaks before. */
export async function bytesAtMost({ body }: Pick<Response, "body">, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    if (length < most) continue;
    void reader.cancel().catch(() => undefined);
    break;
  }
  return Buffer.concat(pieces, Math.min(length, most));
}

/** A whole body in one piece; null if it is longer than `most` bytes: then the rest is not read. Rejects if it breaks. */
export async function wholeBody(response: Response, most: number): Promise<Uint8Array | null> {
  const { body, headers } = response;
  const stated = Number(headers.get("content-length") ?? 0);
  // The platform holds a body to its stated length, and reads it in one go. A compressed one is longer than it states.
  if (stated > 0 && stated <= most && !headers.has("content-encoding"))
    return new Uint8Array(await response.arrayBuffer());
  const reader = body?.getReader();
  const leave = () => {
    void reader?.cancel().catch(() => undefined);
    return null;
  };
  if (stated > most) return leave();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > most) return leave();
    pieces.push(read.value);
  }
  return joined(pieces);
}

/** `bytesAtMost` as text. */
export async function textAtMost(response: Pick<Response, "body">, most: number): Promise<string> {
  return new TextDecoder().decode(await bytesAtMost(response, most));
}
