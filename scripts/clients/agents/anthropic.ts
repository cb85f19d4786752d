/** The `@anthropic-ai/sdk` library: a count, a streamed turn through its helper, then a whole turn. */
import { load, readTask, runShell, SHELL } from "./agent.ts";

type Block = { type: string; id: string; input: unknown; text: string };
interface Message {
  content: Block[];
}
interface Client {
  models: { list(): Promise<{ data: { id: string }[] }> };
  messages: {
    countTokens(body: unknown): Promise<{ input_tokens: number }>;
    stream(body: unknown): { finalMessage(): Promise<Message> };
    create(body: unknown): Promise<Message>;
  };
}

const { prompt, baseUrl, apiKey } = readTask();
const { Anthropic } = load<{ Anthropic: new (options: unknown) => Client }>("@anthropic-ai/sdk");
const client = new Anthropic({ baseURL: baseUrl, apiKey });
if ((await client.models.list()).data.length === 0) throw new Error("The list of models is empty.");

const model = "claude-sonnet-5-5";
const { parameters: input_schema, ...shell } = SHELL;
// The library's own name for a shell, which every upstream of these trials knows.
const tools = [{ ...shell, name: "Bash", input_schema }];
const asked = { role: "user", content: prompt };
const { input_tokens: counted } = await client.messages.countTokens({ model, tools, messages: [asked] });
if (!(counted > 0)) throw new Error("The prompt was counted as empty.");
const request = { model, max_tokens: 1000, tools };
const first = await client.messages.stream({ ...request, messages: [asked] }).finalMessage();
const call = first.content.find(({ type }) => type === "tool_use");
if (!call) throw new Error("No tool was called.");
const result = { type: "tool_result", tool_use_id: call.id, content: runShell(call.input) };
const answered = { role: "assistant", content: first.content };
const messages = [asked, answered, { role: "user", content: [result] }];
const second = await client.messages.create({ ...request, messages });
console.log(second.content.map(({ text }) => text).join(""));
