/**
 * The beginning of a body whose sender nobody has bounded: an isolate has 128 MB for everything that is in flight in it, and a server that
 * never ends its answer would fill them before anybody's patience ends. For answers that are short where they are any.
 */
import { joined } from "./bytes.ts";

/** Of an error of any API: no such is larger, and what a proxy shows people instead is read no further. */
export const LARGEST_ERROR = 256 * 1024;

/** Its first bytes, `most` at the most; what follows is not waited for, and its connection is closed. Rejects where it breaks before. */
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

/** All of a body, in one piece; null, and the rest is left, where it is longer than `most` bytes. */
export async function wholeBody(response: Response, most: number): Promise<Uint8Array | null> {
  const { body, headers } = response;
  const stated = Number(headers.get("content-length") ?? 0);
  // The platform holds a body to the length that it states, and reads it in one go; a packed one is longer than that.
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

/** The same as text. */
export async function textAtMost(response: Pick<Response, "body">, most: number): Promise<string> {
  return new TextDecoder().decode(await bytesAtMost(response, most));
}
