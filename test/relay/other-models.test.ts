/** Models beside the one that a request names: the key's rules hold for them, and what they use is booked at their price. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ask, asked, behave, leasesFreed, makeAccount, makeKey, rows } from "./relay-in-process.ts";

const SONNET = "claude-sonnet-4-5";
const OPUS = "claude-opus-4-5";
const ADVISOR = { type: "advisor_20260301", name: "advisor", model: OPUS };

beforeAll(async () => {
  await makeAccount();
  await makeAccount({ platform: "openai" });
});
afterEach(() => vi.restoreAllMocks());

function whole(usage: Record<string, unknown>) {
  const answer = { type: "message", model: SONNET, content: [], stop_reason: "end_turn", usage };
  behave({ chunks: [JSON.stringify(answer)], headers: { "content-type": "application/json" } });
}

function streamed(usage: Record<string, unknown>) {
  const events = [
    { type: "message_start", message: { usage: { input_tokens: 1_000, output_tokens: 1 } } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
    { type: "message_stop" },
  ];
  behave({ chunks: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`) });
}

const RULED: [string, Record<string, unknown>][] = [
  ["as a fallback", { fallbacks: [{ model: OPUS }] }],
  ["as the provider's own choice of a fallback", { fallbacks: "default" }],
  ["as an advisor", { tools: [ADVISOR] }],
  ["as an advisor whose type comes last", { tools: [{ model: OPUS, name: "advisor", type: "advisor_20260301" }] }],
];

describe("a model that the key may not use", () => {
  test.each(RULED)("is not reached %s", async (_, body) => {
    whole({ input_tokens: 1, output_tokens: 1 });
    for (const rules of [{ allowed_models: ["claude-sonnet-*"] }, { denied_models: ["*opus*"] }]) {
      const { key } = await makeKey(rules);
      const response = await ask(key, { body: { model: SONNET, stream: false, ...body } });
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("not_found_error");
    }
    expect(asked).toHaveLength(0);
  });

  test("is not reached by an advisor that is added in the middle of a conversation", async () => {
    whole({ input_tokens: 1, output_tokens: 1 });
    const { key } = await makeKey();
    const content = [{ type: "tool_addition", tool: { type: "tool_definition", tool: ADVISOR } }];
    const response = await ask(key, { body: { messages: [{ role: "user", content }] } });
    expect(response.status).toBe(400);
    expect(asked).toHaveLength(0);
  });

  test("is not reached by a tool that draws", async () => {
    whole({});
    const { key } = await makeKey({ allowed_models: ["gpt-5*"] });
    const tools = (model?: string) => [{ type: "image_generation", ...(model && { model }) }];
    const drawing = (model?: string) =>
      ask(key, {
        path: "/v1/responses",
        body: { model: "gpt-5", input: "hi", tools: tools(model), tool_choice: { type: "image_generation" } },
      });
    expect((await drawing("gpt-image-1")).status).toBe(404);
    expect(asked).toHaveLength(0);
    await drawing().then((response) => response.text());
    expect(asked).toHaveLength(1);
  });

  test.each([
    ["brings along", { type: "additional_tools", role: "developer" }],
    ["has found in a search for tools", { type: "tool_search_output", call_id: "c", execution: "client" }],
  ])("is not reached by a tool that draws and that an item of the input %s", async (_, item) => {
    whole({});
    const { key } = await makeKey({ allowed_models: ["gpt-5*"] });
    const drawing = (model?: string) => {
      const tools = [
        { type: "namespace", name: "n", description: "", tools: [] },
        { type: "image_generation", ...(model && { model }) },
      ];
      const input = [
        { ...item, tools },
        { role: "user", content: "draw" },
      ];
      return ask(key, { path: "/v1/responses", body: { model: "gpt-5", input } });
    };
    expect((await drawing("gpt-image-2")).status).toBe(404);
    expect(asked).toHaveLength(0);
    await drawing().then((response) => response.text());
    expect(asked).toHaveLength(1);
  });

  test("can be asked where no rule forbids it", async () => {
    whole({ input_tokens: 1, output_tokens: 1 });
    const { key } = await makeKey({ allowed_models: ["claude-*"] });
    const history = [
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "Task", input: { model: "haiku" } }] },
    ];
    for (const [, body] of RULED.filter(([name]) => !name.includes("own choice"))) {
      const response = await ask(key, { body: { model: SONNET, stream: false, messages: history, ...body } });
      expect(response.status).toBe(200);
    }
  });
});

describe("what is used beside the model's own turns is booked", () => {
  const own = { input_tokens: 1_000, output_tokens: 100 };
  const summary = { type: "compaction", input_tokens: 180_000, output_tokens: 3_500 };
  const advice = { type: "advisor_message", model: OPUS, input_tokens: 20_000, output_tokens: 1_500 };

  test.each([
    ["whole", whole, false],
    ["streamed", streamed, true],
  ] as const)("%s", async (_, answer, stream) => {
    const { id, key } = await makeKey();
    const costOf = async (iterations: object[] | null) => {
      answer({ ...own, iterations });
      await ask(key, { body: { model: SONNET, stream } }).then((response) => response.text());
      const [row] = await rows(id);
      return row as { input_tokens: number; output_tokens: number; cost_nanos: number };
    };
    const plain = await costOf(null);
    // Sonnet 4.5: $3 and $15 a million; Opus 4.5: $5 and $25.
    expect(plain).toMatchObject({ input_tokens: 1_000, output_tokens: 100, cost_nanos: 4_500_000 });
    const compacted = await costOf([summary, { type: "message", ...own }]);
    expect(compacted).toMatchObject({ input_tokens: 181_000, output_tokens: 3_600 });
    expect(compacted.cost_nanos).toBe(181_000 * 3_000 + 3_600 * 15_000);
    const advised = await costOf([{ type: "message", ...own }, advice]);
    expect(advised).toMatchObject({ input_tokens: 21_000, output_tokens: 1_600 });
    expect(advised.cost_nanos).toBe(4_500_000 + 20_000 * 5_000 + 1_500 * 25_000);
    const stoodIn = await costOf([
      { type: "message", input_tokens: 1_000, output_tokens: 20 },
      { ...advice, type: "fallback_message" },
    ]);
    expect(stoodIn).toMatchObject({ input_tokens: 21_000, output_tokens: 1_520 });
    expect(stoodIn.cost_nanos).toBe(1_000 * 3_000 + 20 * 15_000 + 20_000 * 5_000 + 1_500 * 25_000);
  });
});

test.each([false, true])("what a tool draws with is booked at its own model's price, streamed: %j", async (stream) => {
  const { id, key } = await makeKey();
  const tools = [{ type: "image_generation", model: "gpt-image-2" }];
  const image_gen = { input_tokens: 100, output_tokens: 6_000, total_tokens: 6_100, input_tokens_details: {} };
  const usage = { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 };
  const output = [{ id: "ig_1", type: "image_generation_call", status: "completed", result: "AAAA" }];
  const response = { id: "resp_1", object: "response", status: "completed", output, tools, usage };
  const answer = { ...response, tool_usage: { image_gen, web_search: { num_requests: 0 } } };
  const completed = `data: ${JSON.stringify({ type: "response.completed", response: answer })}\n\n`;
  behave(
    stream
      ? { chunks: [completed] }
      : { chunks: [JSON.stringify(answer)], headers: { "content-type": "application/json" } },
  );
  const body = { model: "gpt-5", input: "draw", stream, tools };
  await ask(key, { path: "/v1/responses", body }).then((answered) => answered.text());
  // GPT-5: $1.25 and $10 a million; GPT Image 2: $5 and $30.
  const cost_nanos = 1_000 * 1_250 + 100 * 10_000 + 100 * 5_000 + 6_000 * 30_000;
  expect(await rows(id)).toMatchObject([{ images: 0, output_tokens: 6_100, cost_nanos, unpriced: 0 }]);
});

test("a container of code is booked by its memory, which costs as many times as much", async () => {
  const output = [{ id: "ci_1", type: "code_interpreter_call", status: "completed", container_id: "cntr_1" }];
  const usage = { input_tokens: 0, output_tokens: 100, total_tokens: 100 };
  const response = { id: "resp_1", object: "response", status: "completed", output, usage };
  const costOf = async (container: object, background = false) => {
    const { id, key } = await makeKey();
    behave({
      chunks: [JSON.stringify(background ? { ...response, status: "queued", usage: null } : response)],
      headers: { "content-type": "application/json" },
    });
    const tools = [{ type: "code_interpreter", container: { type: "auto", ...container } }];
    const body = { model: "gpt-5", input: "", stream: false, background, tools };
    await ask(key, { path: "/v1/responses", body }).then((answered) => answered.text());
    if (background) {
      behave({ chunks: [JSON.stringify(response)], headers: { "content-type": "application/json" } });
      const look = new Request("https://relay.test/v1/responses/resp_1", {
        headers: { authorization: `Bearer ${key}` },
      });
      await exports.default.fetch(look).then((answered) => answered.text());
      await leasesFreed(id);
    }
    const [row] = await rows(id);
    return Number(row?.cost_nanos) - Number(row?.input_tokens) * 1_250 - 100 * 10_000;
  };
  // $0.03 for 1 GB, $0.12 for 4 GB, $1.92 for 64 GB.
  expect(await costOf({})).toBe(30_000_000);
  expect(await costOf({ memory_limit: "4g" })).toBe(120_000_000);
  expect(await costOf({ memory_limit: "64g" })).toBe(1_920_000_000);
  expect(await costOf({ memory_limit: "4g" }, true)).toBe(120_000_000);
});

test.each([
  ["whole", whole, false],
  ["streamed", streamed, true],
] as const)("inference in the United States is booked at its price, a tenth more: %s", async (_, answer, stream) => {
  const { id, key } = await makeKey();
  answer({ input_tokens: 1_000, output_tokens: 100, inference_geo: "us" });
  await ask(key, { body: { model: "claude-opus-4-6", stream } }).then((response) => response.text());
  // Opus 4.6: $5 and $25 a million.
  expect(await rows(id)).toMatchObject([{ cost_nanos: (7_500_000 * 11) / 10 }]);
});

test("an account that may not serve a model does not serve it as a fallback either", async () => {
  const only = await makeAccount({ allowed_models: ["claude-haiku-*"] });
  const { key } = await makeKey({ bound_account_id: only.id });
  whole({ input_tokens: 1, output_tokens: 1 });
  const asking = (fallbacks?: object[]) =>
    ask(key, { body: { model: "claude-haiku-4-5", stream: false, ...(fallbacks && { fallbacks }) } });
  expect((await asking([{ model: OPUS }])).status).toBe(404);
  expect(asked).toHaveLength(0);
  expect((await asking()).status).toBe(200);
});

test("a thread, which lies at the provider for whoever knows its id, is refused by name", async () => {
  whole({});
  const { key } = await makeKey();
  const response = await ask(key, { body: { thread: { type: "continue", thread_id: "thread_1" } } });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("thread");
  expect(asked).toHaveLength(0);
});

test("for whom a request is, the account's own headers say, and no caller's", async () => {
  whole({ input_tokens: 1, output_tokens: 1 });
  const own = { "anthropic-workspace-id": "wrkspc_own", "openai-organization": "org_own" };
  const { id } = await makeAccount({ extra_headers: own });
  const bound = await makeKey({ bound_account_id: id });
  const free = await makeKey();
  const headers = {
    "anthropic-user-profile-id": "profile_1",
    "anthropic-workspace-id": "wrkspc_1",
    "anthropic-beta": "user-profiles-2026-03-24",
  };
  for (const { key } of [bound, free])
    await ask(key, { headers, body: { stream: false } }).then((response) => response.text());
  const told = asked.map((one) =>
    Object.fromEntries([...one.headers].filter(([name]) => /^(?:anthropic|openai)-/.test(name))),
  );
  const beta = { "anthropic-beta": "user-profiles-2026-03-24" };
  expect(told[0]).toEqual({ ...own, ...beta });
  expect([{ ...own, ...beta }, beta]).toContainEqual(told[1]);
});
