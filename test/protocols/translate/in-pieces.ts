/** A `fetch` for a provider's own SDK: each request is answered with these bytes, in pieces of the given sizes (repeated). */
export function answeredInPieces(
  text: string,
  sizes: readonly number[],
  contentType = "text/event-stream",
): () => Promise<Response> {
  const bytes = new TextEncoder().encode(text);
  const body = () =>
    new ReadableStream({
      start(controller) {
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          controller.enqueue(bytes.subarray(at, at + size));
          at += size;
        }
        controller.close();
      },
    });
  return async () => new Response(body(), { headers: { "content-type": contentType } });
}
