/**
 * Tells the true content type of a stream by its first bytes: some compatible services send server-sent events as `text/plain`, as
 * JSON, or without a type. Taken for a whole answer, they would reach the client only when the model has finished.
 */

const EVENTS = "text/event-stream";
/** The first line of a stream of events: a field or a comment. No JSON and no page begins like this. */
const FIELD = /^\uFEFF?\s*(?:(?:event|data|id|retry)(?::|\r?\n)|:)/;
/** How much of the first line is enough to tell. */
const ENOUGH_CHARACTERS = 64;

/** The response with its true content type, which stays as it is unless the body begins like a stream of events. */
export async function sniffContentType(response: Response): Promise<Response> {
  if (!response.body) return response;
  // The runtime buffers the other branch meanwhile, so its reader gets the whole body.
  const [looked, body] = response.body.tee();
  const isEvents = FIELD.test(await beginningOf(looked));
  const headers = new Headers(response.headers);
  if (isEvents) headers.set("content-type", EVENTS);
  return new Response(body, { status: response.status, headers });
}

async function beginningOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.trimStart().length < ENOUGH_CHARACTERS && !/\S.*\n/.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    // The first character tells JSON and pages.
    if (/^\s*[{["<]/.test(text)) break;
  }
  // Not awaited: cancelling one branch resolves only when both are cancelled.
  void reader.cancel().catch(() => {});
  return text;
}
