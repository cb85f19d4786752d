/** The `openai` library with Chat Completions: a streamed turn through its helper, then a whole one. */
import { load, readTask, runShell, SHELL } from "./agent.ts";

interface Message {
  content: string | null;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
}
interface Completion {
  choices: { message: Message }[];
  usage?: { total_tokens: number };
}
interface Client {
  models: { list(): Promise<{ data: { id: string }[] }> };
  chat: {
    completions: {
      stream(body: unknown): { finalChatCompletion(): Promise<Completion> };
      create(body: unknown): Promise<Completion>;
    };
  };
}

const { prompt, baseUrl, apiKey } = readTask();
const { OpenAI } = load<{ OpenAI: new (options: unknown) => Client }>("openai");
const client = new OpenAI({ baseURL: baseUrl, apiKey });
if ((await client.models.list()).data.length === 0) throw new Error("The list of models is empty.");

const asked = { role: "user", content: prompt };
const request = { model: "gpt-5", tools: [{ type: "function", function: SHELL }] };
const first = await client.chat.completions
  .stream({ ...request, stream_options: { include_usage: true }, messages: [asked] })
  .finalChatCompletion();
if (!first.usage?.total_tokens) throw new Error("The stream said nothing about its usage.");
const message = first.choices[0]?.message;
const call = message?.tool_calls?.[0];
if (!call) throw new Error("No tool was called.");
const result = { role: "tool", tool_call_id: call.id, content: runShell(JSON.parse(call.function.arguments)) };
const second = await client.chat.completions.create({ ...request, messages: [asked, message, result] });
console.log(second.choices[0]?.message.content);
