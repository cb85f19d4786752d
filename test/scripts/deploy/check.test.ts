/** What a deployment makes of answers that are none of the relay's. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { check } from "../../../scripts/deploy/check.ts";

it("a web page in the place of a sign-in is a fault of the new version, and ends no run before it has gone back", async () => {
  const server = createServer((request, response) => {
    const isHealth = request.url === "/health";
    const status = request.url === "/v1/messages" ? 401 : 200;
    response.writeHead(status, { "content-type": "text/html", "x-edge-relay-version": "new" });
    response.end(isHealth ? '{"status":"ok"}' : "<!doctype html>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const seen = await check({
    ...{ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, worker: "edge-relay", version: "new" },
    ...{ login: { username: "admin", password: "password", certain: true }, seconds: 10 },
    signal: new AbortController().signal,
  });
  expect(seen).toEqual({ ok: false, refusal: "Signing in as admin failed with 200: <!doctype html>" });
});
