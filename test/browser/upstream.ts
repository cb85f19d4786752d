/** The smallest upstream that answers Messages, on loopback, for the added account. Gives every request the same answer. */
import { createServer, type Server } from "node:http";

const MESSAGE = {
  id: "msg_browser_test",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content: [{ type: "text", text: "hello" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1234, output_tokens: 56, cache_read_input_tokens: 7, cache_creation_input_tokens: 0 },
};

/** Resolves with the base URL; the caller closes the server. */
export async function startUpstream(): Promise<{ server: Server; baseUrl: string }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(MESSAGE));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the upstream has no port");
  return { server, baseUrl: `http://127.0.0.1:${address.port}` };
}
