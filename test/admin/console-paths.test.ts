import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import worker from "../../src/worker.ts";

/** What the Worker answers, beside assets that hold the page and nothing else. */
async function ask(path: string, headers: Record<string, string>, method = "GET") {
  const asked: string[] = [];
  const ASSETS = {
    fetch: async (input: RequestInfo | URL) => {
      asked.push(new URL(input instanceof Request ? input.url : input).pathname);
      return new Response("the page", { headers: { "content-type": "text/html" } });
    },
  };
  const ctx = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://relay.test${path}`, { method, headers });
  const response = await worker.fetch(request, { ...env, ASSETS: ASSETS as unknown as Fetcher }, ctx);
  await waitOnExecutionContext(ctx);
  return { status: response.status, asked };
}

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

it.each(["/web/keys", "/web/keys/new", "/web/prices/openai%2Fgpt-5.1", "/web/nowhere"])(
  "a browser that opens %s gets the console's page",
  async (path) => {
    expect(await ask(path, BROWSER)).toEqual({ status: 200, asked: ["/web/"] });
  },
);

it("a script of an earlier deploy that is gone is not answered with a page", async () => {
  expect(await ask("/web/assets/page-old.js", { accept: "*/*" })).toEqual({ status: 404, asked: [] });
  expect(await ask("/web/keys", {})).toEqual({ status: 404, asked: [] });
});

it("no page is posted to, and none lies beside the console", async () => {
  expect((await ask("/web/keys", BROWSER, "POST")).status).toBe(404);
  expect((await ask("/webkeys", BROWSER)).asked).toEqual([]);
  expect((await ask("/v1/nothing", BROWSER)).asked).toEqual([]);
});
