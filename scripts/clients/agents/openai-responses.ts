/** The `openai` library with Responses: a streamed turn through its helper, then a whole one. */
import { load, readTask, runShell, SHELL } from "./agent.ts";

type Item = { type: string; call_id: string; arguments: string };
interface Response {
  status: string;
  output: Item[];
  output_text: string;
  usage?: { total_tokens: number };
}
interface Client {
  responses: {
    stream(body: unknown): { finalResponse(): Promise<Response> };
    create(body: unknown): Promise<Response>;
    inputTokens: { count(body: unknown): Promise<{ input_tokens: number }> };
  };
}

const { prompt, baseUrl, apiKey } = readTask();
const { OpenAI } = load<{ OpenAI: new (options: unknown) => Client }>("openai");
const client = new OpenAI({ baseURL: baseUrl, apiKey });

const asked = { role: "user", content: prompt };
const request = {
  model: "gpt-5",
  reasoning: { effort: "low", summary: "auto" },
  tools: [{ type: "function", ...SHELL }],
};
const { input_tokens: counted } = await client.responses.inputTokens.count({ ...request, input: [asked] });
if (!(counted > 0)) throw new Error("The prompt was counted as empty.");
const first = await client.responses.stream({ ...request, input: [asked] }).finalResponse();
if (first.status !== "completed" || !first.usage?.total_tokens) throw new Error("The stream has no proper end.");
const call = first.output.find(({ type }) => type === "function_call");
if (!call) throw new Error("No tool was called.");
const result = { type: "function_call_output", call_id: call.call_id, output: runShell(JSON.parse(call.arguments)) };
const second = await client.responses.create({ ...request, input: [asked, ...first.output, result] });
console.log(second.output_text);
