/** The `@google/genai` library: a count of tokens, a streamed turn, then a whole turn. */
import { load, readTask, runShell, SHELL } from "./agent.ts";

interface Part {
  functionCall?: { id?: string; name: string; args: unknown };
}
interface Answer {
  text?: string;
  candidates?: { content?: { parts?: Part[] } }[];
  usageMetadata?: { totalTokenCount?: number };
}
interface Client {
  models: {
    list(): Promise<AsyncIterable<{ name?: string }>>;
    countTokens(request: unknown): Promise<{ totalTokens?: number }>;
    generateContentStream(request: unknown): Promise<AsyncIterable<Answer>>;
    generateContent(request: unknown): Promise<Answer>;
  };
}

const { prompt, baseUrl, apiKey } = readTask();
const { GoogleGenAI } = load<{ GoogleGenAI: new (options: unknown) => Client }>("@google/genai");
const { models } = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
const listed = await all(await models.list());
if (listed.length === 0) throw new Error("The list of models is empty.");

const model = "gemini-2.5-flash";
const { name, description, parameters } = SHELL;
const declaration = { name, description, parametersJsonSchema: parameters };
const config = { tools: [{ functionDeclarations: [declaration] }] };
const asked = { role: "user", parts: [{ text: prompt }] };
const { totalTokens = 0 } = await models.countTokens({ model, contents: [asked] });
if (totalTokens === 0) throw new Error("The prompt was counted as empty.");

const answers = await all(await models.generateContentStream({ model, contents: [asked], config }));
if (!answers.at(-1)?.usageMetadata?.totalTokenCount) throw new Error("The stream said nothing about its usage.");
const parts = answers.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
const call = parts.find(({ functionCall }) => functionCall)?.functionCall;
if (!call) throw new Error("No tool was called.");
const response = { output: runShell(call.args) };
const result = { functionResponse: { ...(call.id && { id: call.id }), name: call.name, response } };
const contents = [asked, { role: "model", parts }, { role: "user", parts: [result] }];
console.log((await models.generateContent({ model, contents, config })).text);

async function all<Each>(stream: AsyncIterable<Each>): Promise<Each[]> {
  const list: Each[] = [];
  for await (const each of stream) list.push(each);
  return list;
}
