/**
 * The baseline for translations: the least that a Worker can do that looks at every event of a stream in JavaScript. It parses each event
 * and passes the bytes on unchanged: no key, no limit, no metering, nothing rewritten.
 */
interface ParserEnv {
  /** The fake provider's origin. */
  UPSTREAM: string;
}

export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(`${env.UPSTREAM}${pathname}${search}`, request);
    const body = answer.body?.pipeThrough(parsing());
    return new Response(body, answer);
  },
} satisfies ExportedHandler<ParserEnv>;

function parsing(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let rest = "";
  return new TransformStream({
    transform: (chunk, controller) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data: {")) JSON.parse(line.slice("data: ".length));
      controller.enqueue(chunk);
    },
  });
}
