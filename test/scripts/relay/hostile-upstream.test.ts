/** What an upstream says reaches the terminal of whoever runs the command line: it steers none, and fills no memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { tryRequest } from "../../../scripts/relay/trial.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

it("the status line shows a model's name on one line, whatever steers a terminal in it", async () => {
  const home = mkdtempSync(join(tmpdir(), "edge-relay-line-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const child = spawn(process.execPath, [join(ROOT, "scripts/statusline.ts")], { env: { HOME: home } });
  child.stdin.end(JSON.stringify({ model: { display_name: "Opus\x1b]52;c;ZXZpbA==\x07\x1b[2J\n\u202efake" } }));
  expect(await text(child.stdout)).toBe("Opus\ufffd]52;c;ZXZpbA==\ufffd\ufffd[2J \ufffdfake\n");
});

it.each([
  ["words", `data: ${JSON.stringify({ choices: [{ delta: { content: "x".repeat(8_000) } }] })}\n\n`],
  ["one line", "x".repeat(8_000)],
])("a test of the relay leaves an answer that does not end (%s), and says so", async (_what, piece) => {
  let left: (() => void) | undefined;
  const hasLeft = new Promise<void>((resolve) => {
    left = resolve;
  });
  const endless = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const more = () => {
      while (!response.closed && response.write(piece));
    };
    response.on("drain", more).once("close", () => left?.());
    more();
  });
  endless.listen(0, "127.0.0.1");
  await once(endless, "listening");
  onTestFinished(() => void endless.close().closeAllConnections());
  const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
  const around = { signal: new AbortController().signal, now: Date.now } as Parameters<typeof tryRequest>[0];
  const connection = { url, username: "", password: null, token: null, access: null };
  const order = { platform: "openai", protocol: "chat", model: "m", key: "cr_1" } as const;
  const tried = await tryRequest(around, connection, order);
  expect(tried).toMatchObject({ ok: false, status: 200, text: "the answer does not come to its end" });
  await hasLeft;
});
