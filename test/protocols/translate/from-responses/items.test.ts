import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import { messagesOf, read } from "./asked.ts";

describe("calls and their outputs", () => {
  test("are blocks of the turns that they belong to", () => {
    const input = [
      { role: "user", content: "go" },
      {
        type: "reasoning",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: carry("anthropic", "sig"),
      },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Reading." }], phase: "commentary" },
      {
        type: "function_call",
        call_id: "c1",
        name: "read",
        arguments: '{"path":"a"}',
        id: "fc_1",
        status: "completed",
      },
      { type: "function_call", call_id: "c2", name: "read", arguments: "" },
      { type: "function_call_output", call_id: "c1", output: "text" },
      {
        type: "function_call_output",
        call_id: "c2",
        output: [{ type: "input_image", image_url: "data:image/png;base64,iVBORw0KGgo=" }],
      },
    ];
    expect(messagesOf(input)).toEqual([
      { role: "user", content: [{ type: "text", text: "go" }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "sig" },
          { type: "text", text: "Reading." },
          { type: "tool_use", id: "c1", name: "read", input: { path: "a" } },
          { type: "tool_use", id: "c2", name: "read", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "c1", content: [{ type: "text", text: "text" }], is_error: false },
          {
            type: "tool_result",
            tool_use_id: "c2",
            content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } }],
            is_error: false,
          },
        ],
      },
    ]);
  });

  test.each(["{", "[1]", '"x"', `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`])(
    "whose arguments are no object that can be written again have none: %.20s",
    (args) => {
      const [message] = messagesOf([{ type: "function_call", call_id: "c", name: "f", arguments: args }]);
      expect(message?.content).toEqual([{ type: "tool_use", id: "c", name: "f", input: {} }]);
    },
  );

  test("of a free-form tool have its input as the one argument", () => {
    const [made, came] = messagesOf([
      { type: "custom_tool_call", call_id: "c", name: "apply_patch", input: "*** Begin\n" },
      { type: "custom_tool_call_output", call_id: "c", output: [{ type: "input_text", text: "Done" }] },
    ]);
    expect(made?.content).toMatchObject([{ type: "tool_use", id: "c", input: { input: "*** Begin\n" } }]);
    expect(came?.content).toMatchObject([{ type: "tool_result", tool_use_id: "c", content: [{ text: "Done" }] }]);
  });

  test("of a shell on the user's machine are calls of a function", () => {
    const action = { type: "exec", command: ["ls", "-l"], env: {}, timeout_ms: 5, working_directory: null };
    const ran = { stdout: "a\n", stderr: "", outcome: { type: "exit", exit_code: 1 } };
    const [made, came] = messagesOf([
      { type: "local_shell_call", id: "l", call_id: "c1", status: "completed", action },
      { type: "shell_call", call_id: "c2", action: { commands: ["pwd"] } },
      { type: "apply_patch_call", call_id: "c3", operation: { type: "delete_file", path: "a" } },
      { type: "local_shell_call_output", id: "c1", output: "a" },
      { type: "shell_call_output", call_id: "c2", output: [ran, { stdout: "b", outcome: { type: "timeout" } }] },
      { type: "apply_patch_call_output", call_id: "c3", status: "failed", output: "gone" },
    ]);
    expect(made?.content).toMatchObject([
      { id: "c1", name: "local_shell", input: { command: ["ls", "-l"], timeout_ms: 5 } },
      { id: "c2", name: "shell", input: { commands: ["pwd"] } },
      { id: "c3", name: "apply_patch", input: { type: "delete_file", path: "a" } },
    ]);
    expect(came?.content).toMatchObject([
      { tool_use_id: "c1", content: [{ text: "a" }] },
      { tool_use_id: "c2", content: [{ text: "a\n\nExit code: 1\nb\nIt ran out of time." }] },
      { tool_use_id: "c3", content: [{ text: "failed: gone" }] },
    ]);
  });

  test("that nobody has called are what the user tells", () => {
    const [message] = messagesOf([{ type: "function_call_output", name: "notes", output: "Remember." }]);
    expect(message).toEqual({ role: "user", content: [{ type: "text", text: "Remember." }] });
  });
});

describe("reasoning", () => {
  const thought = (encrypted_content: unknown, summary: unknown[] = []) =>
    messagesOf([{ type: "reasoning", id: "rs_1", summary, encrypted_content }]);

  test("brings back the signature of whoever made it, redacted thinking too", () => {
    const gemini = carry("gemini", "thought");
    expect(thought(carry("anthropic", "sig"))[0]?.content).toEqual([
      { type: "thinking", thinking: "", signature: "sig" },
    ]);
    expect(thought(gemini)[0]?.content).toEqual([{ type: "thinking", thinking: "", signature: gemini }]);
    expect(thought(carry("anthropic", "redacted:data"))[0]?.content).toEqual([
      { type: "redacted_thinking", data: "data" },
    ]);
  });

  test("of OpenAI's own is dropped, and its summary stays without a signature", () => {
    expect(thought("gAAAAABo")).toEqual([]);
    const summary = ["a", "b"].map((text) => ({ type: "summary_text", text }));
    expect(thought("gAAAAABo", summary)[0]?.content).toEqual([{ type: "thinking", thinking: "a\n\nb", signature: "" }]);
    expect(read({ input: [{ type: "reasoning", summary: [], encrypted_content: "gAAAAABo" }] }).dropped).toEqual([]);
  });

  test("may be given as its content", () => {
    const content = [{ type: "reasoning_text", text: "raw" }];
    expect(messagesOf([{ type: "reasoning", summary: [], content }])[0]?.content).toMatchObject([{ thinking: "raw" }]);
  });
});

describe("other items", () => {
  test("of a search are the search and the pages that it names", () => {
    const action = { type: "search", query: "q", sources: [{ type: "url", url: "https://example.com" }] };
    const opened = { type: "web_search_call", id: "ws_2", action: { type: "open_page", url: "https://example.com" } };
    expect(messagesOf([{ type: "web_search_call", id: "ws_1", status: "completed", action }, opened])).toEqual([
      {
        role: "assistant",
        content: [
          { type: "server_tool_use", id: "ws_1", name: "web_search", input: { query: "q" } },
          {
            type: "web_search_tool_result",
            tool_use_id: "ws_1",
            content: [
              {
                type: "web_search_result",
                url: "https://example.com",
                title: "https://example.com",
                encrypted_content: "",
              },
            ],
          },
        ],
      },
    ]);
  });

  test("of Codex's other agents are what they say, without what only OpenAI's models can read", () => {
    const content = [
      { type: "input_text", text: "Found it." },
      { type: "encrypted_content", encrypted_content: "g" },
    ];
    const { hub, dropped } = read({
      input: [{ type: "agent_message", author: "/root/a", recipient: "/root", content }],
    });
    expect(hub.messages).toMatchObject([
      { role: "user", content: [{ text: "Message from /root/a to /root:" }, { text: "Found it." }] },
    ]);
    expect(dropped).toEqual(["input[agent_message].encrypted_content"]);
  });

  test("that mean nothing elsewhere are dropped and named once", () => {
    const hosted = ["file_search_call", "mcp_call", "image_generation_call", "tool_search_call", "tool_search_call"];
    const input = [{ role: "user", content: "a" }, ...hosted.map((type) => ({ type, id: "x" }))];
    expect(read({ input }).dropped).toEqual([...new Set(hosted)].map((type) => `input[${type}]`));
  });

  test("named like members of every object are unknown", () => {
    expect(read({ input: [{ type: "constructor" }, { type: "__proto__" }] }).dropped).toEqual([
      ...["input[constructor]", "input[__proto__]"],
    ]);
  });
});
