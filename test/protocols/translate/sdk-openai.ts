/** OpenAI's own SDK, whose every request is answered with these bytes, in pieces of the given sizes (repeated). */
import OpenAI from "openai";

export function openaiAnsweredWith(text: string, cuts: readonly number[], contentType = "text/event-stream"): OpenAI {
  const bytes = new TextEncoder().encode(text);
  const body = () =>
    new ReadableStream({
      start(controller) {
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          controller.enqueue(bytes.subarray(at, at + size));
          at += size;
        }
        controller.close();
      },
    });
  const fetch = async () => new Response(body(), { headers: { "content-type": contentType } });
  return new OpenAI({ apiKey: "none", baseURL: "http://relay.example/v1", fetch, maxRetries: 0 });
}
