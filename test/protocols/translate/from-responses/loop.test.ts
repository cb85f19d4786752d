/** What a client gets goes back into its next request: that is read as what the model has said. */

import { describe, expect, test } from "vitest";
import type { HubAnswerBlock, HubEvent, HubToolUse, Json } from "../../../../src/protocols/translate/hub.ts";
import fc from "../../../fast-check.ts";
import { answers, failingStreams, streams } from "../arbitraries.ts";
import { responsesViolations } from "../validators/responses.ts";
import { block, call, end, messagesOf, read, START, streamed, TEXT, told } from "./asked.ts";

/** What Codex 0.169 sends for a model of its catalogue, shortened: no tools and no instructions among the members. */
const CODEX = {
  model: "gpt-6.1-sol",
  stream: true,
  input: [
    {
      type: "additional_tools",
      id: "at_1",
      role: "developer",
      tools: [
        {
          type: "namespace",
          name: "functions",
          description: "",
          tools: [
            {
              type: "custom",
              name: "exec",
              description: "Run JavaScript code to orchestrate/compose tool calls",
              format: { type: "grammar", syntax: "lark", definition: "\nstart: pragma_source | plain_source\n" },
            },
            { type: "function", name: "wait", strict: false, parameters: { type: "object", properties: {} } },
          ],
        },
        {
          type: "namespace",
          name: "collaboration",
          description: "Tools for spawning and managing sub-agents.",
          tools: [
            { type: "function", name: "list_agents", strict: false, parameters: { type: "object", properties: {} } },
          ],
        },
      ],
    },
    {
      type: "message",
      id: "msg_1",
      role: "developer",
      content: [{ type: "input_text", text: "You are Codex." }],
      internal_chat_message_metadata_passthrough: { turn_id: "t" },
    },
    { type: "message", role: "developer", content: [{ type: "input_text", text: "<permissions instructions>" }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: "<environment_context>" }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: "RUN_TOOL please" }] },
  ],
  tool_choice: "auto",
  parallel_tool_calls: false,
  reasoning: { effort: "low", context: "all_turns" },
  store: false,
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "01a1fb73",
  text: { verbosity: "low" },
  client_metadata: { turn_id: "t" },
};

describe("Codex' loop of tools", () => {
  const ANSWER: HubEvent[] = [
    START,
    ...block({ type: "thinking", thinking: "", signature: "" }, "Run it."),
    ...block(TEXT, "Running."),
    ...block(call("exec", "toolu_1"), '{"input":"await tools.exec', '_command({})"}'),
    end("tool_use"),
  ];
  // The signature comes before the first block closes.
  const SIGNED = ANSWER.toSpliced(3, 0, { type: "signature", signature: "sig" });

  test("begins with a request that loses nothing", () => {
    const { hub, dropped } = read(CODEX, { session: "01a1fb73", stream: true });
    expect(dropped).toEqual([]);
    expect(hub.system.map(({ text }) => text)).toEqual(["You are Codex.", "<permissions instructions>"]);
    expect(hub).toMatchObject({
      tools: [{ name: "exec" }, { name: "wait" }, { name: "collaboration__list_agents" }],
      messages: [{ role: "user", content: [{ text: "<environment_context>" }, { text: "RUN_TOOL please" }] }],
      ...{ toolChoice: { type: "auto" }, disableParallelToolUse: true, effort: "low", session: "01a1fb73" },
    });
  });

  test("goes on with the same thinking, call and result", () => {
    const done = streamed(SIGNED, CODEX).filter(({ type }) => type === "response.output_item.done");
    // Codex keeps the items that are done, and runs the calls among them.
    const items = done.map(({ item }) => item as Json);
    expect(items.at(-1)).toMatchObject({ name: "exec", namespace: "functions", input: "await tools.exec_command({})" });
    const result = {
      type: "custom_tool_call_output",
      call_id: "toolu_1",
      output: [{ type: "input_text", text: "hello" }],
    };
    expect(messagesOf([...CODEX.input, ...items, result]).slice(1)).toEqual([
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Run it.", signature: "sig" },
          { type: "text", text: "Running." },
          { type: "tool_use", id: "toolu_1", name: "exec", input: { input: "await tools.exec_command({})" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "hello" }], is_error: false },
        ],
      },
    ]);
  });

  test("has an end that Codex understands, without what it does not", () => {
    const types = new Set(streamed(SIGNED, CODEX).map(({ type }) => type));
    expect(types).toContain("response.completed");
    expect(types).not.toContain("response.function_call_arguments.delta");
  });
});

const CONTENTS = { search: true, interleaved: true, citations: true };

/** As it comes back: texts that follow each other are one. */
function kept(content: HubAnswerBlock[]): HubAnswerBlock[] {
  const blocks: HubAnswerBlock[] = [];
  for (const each of content) {
    const last = blocks.at(-1);
    if (last?.type === "text" && each.type === "text") last.text += each.text;
    else blocks.push(structuredClone(each));
  }
  return blocks;
}

test("whatever a model has said comes back as it was said", () => {
  fc.assert(
    fc.property(answers({ search: true, interleaved: true }), (answer) => {
      const asking = { include: ["web_search_call.action.sources"] };
      const { output } = read(asking).answer.whole(answer);
      const [message, ...others] = messagesOf(output);
      expect(others).toEqual([]);
      const said = kept(answer.content);
      expect(message?.content.filter(isNoSearch)).toEqual(said.filter(isNoSearch));
      const searches = (content: { type: string }[]) => content.filter(({ type }) => type === "server_tool_use");
      expect(searches(message?.content ?? [])).toMatchObject(
        searches(said).map((each) => ({ input: (each as unknown as HubToolUse).input })),
      );
    }),
  );
});

function isNoSearch({ type }: { type: string }): boolean {
  return type !== "server_tool_use" && type !== "web_search_tool_result";
}

describe("any stream", () => {
  test("keeps the rules of the API's, also where it ends in an error", () => {
    const keeps = (events: HubEvent[]) => {
      const stream = read({}, { stream: true }).answer.stream();
      expect(responsesViolations(events.map((event) => stream.write(event)).join(""))).toEqual([]);
    };
    fc.assert(fc.property(streams(CONTENTS), ({ events }) => keeps(events)));
    fc.assert(fc.property(failingStreams(CONTENTS), keeps));
  });

  test("ends with the same response as the whole answer", () => {
    fc.assert(
      fc.property(streams(CONTENTS), ({ answer, events }) => {
        const stream = read({}, { stream: true }).answer.stream();
        const { response } = told(events.map((event) => stream.write(event)).join("")).at(-1) as { response: Json };
        expect(response).toEqual(JSON.parse(JSON.stringify(read({}).answer.whole(answer))));
      }),
    );
  });
});
