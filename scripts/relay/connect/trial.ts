/** One small real request to the relay, as the client would send it: tests whether address, key and model work together. */
import { object, parse, text } from "../../../src/ground/json.ts";
import { diagnosis } from "../answer.ts";
import { Failed } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import { request } from "../relay-session.ts";
import type { System } from "../system.ts";
import type { Client, WireFormat } from "./clients/client.ts";

export interface Trial {
  model: string;
  status: number;
  /** Null if it was answered; else the relay's words. The key is valid all the same. */
  refused: string | null;
  elapsedMs: number;
}

interface Wire {
  models: string;
  path: (model: string) => string;
  headers: (key: string) => Record<string, string>;
  body: (model: string) => object;
}

const PROMPT = "Reply with the word ok.";
const TOKENS = 16;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const messages = [{ role: "user", content: PROMPT }];

const WIRES: Record<WireFormat, Wire> = {
  messages: {
    models: "/v1/models",
    path: () => "/v1/messages",
    headers: (key) => ({ ...bearer(key), "anthropic-version": "2023-06-01" }),
    body: (model) => ({ model, max_tokens: TOKENS, messages }),
  },
  responses: {
    models: "/models",
    path: () => "/responses",
    headers: bearer,
    body: (model) => ({ model, max_output_tokens: TOKENS, store: false, input: messages }),
  },
  chat: {
    models: "/models",
    path: () => "/chat/completions",
    headers: bearer,
    body: (model) => ({ model, max_completion_tokens: TOKENS, messages }),
  },
  gemini: {
    models: "/v1beta/models",
    path: (model) => `/v1beta/models/${model}:generateContent`,
    headers: (key) => ({ "x-goog-api-key": key }),
    body: () => ({
      contents: [{ role: "user", parts: [{ text: PROMPT }] }],
      generationConfig: { maxOutputTokens: TOKENS },
    }),
  },
};

/** `model` null: the client's usual model, or a similar one, of those that the key may use. A refusal means that it can never work. */
export async function tryOut(
  system: System,
  client: Client,
  origin: string,
  key: string,
  model: string | null,
): Promise<Outcome<Trial>> {
  const { models, path, headers, body } = WIRES[client.format];
  const to = { url: origin, access: null };
  const init = { headers: { ...headers(key), "content-type": "application/json" } };
  try {
    const listed = await request(system, to, `${client.base}${models}`, init);
    const list = await listed.text();
    if (!listed.ok) {
      const refusal = hopeless(listed, list);
      if (refusal) return refusal;
    }
    const chosen = model ?? likest(client.model, namesIn(list));
    const startedAt = performance.now();
    const post = { ...init, method: "POST", body: JSON.stringify(body(chosen)) };
    const answer = await request(system, to, `${client.base}${path(chosen)}`, post);
    const said = await answer.text();
    const elapsedMs = Math.round(performance.now() - startedAt);
    const { ok, status } = answer;
    if (ok) return { ok, value: { model: chosen, status, refused: null, elapsedMs } };
    const refusal = hopeless(answer, said);
    if (refusal) return refusal;
    return { ok: true, value: { model: chosen, status, refused: wordsIn(said) ?? `status ${status}`, elapsedMs } };
  } catch (error) {
    if (error instanceof Failed) return { ok: false, refusal: error.failure };
    throw error;
  }
}

/** What no other model and no later time can mend: a key that is not valid here, or something else than the relay answers. */
function hopeless(response: Response, body: string) {
  const { url, status, headers } = response;
  if (!headers.has("x-request-id")) return { ok: false as const, refusal: diagnosis({ url, status, headers, body }) };
  if (status !== 401 && status !== 403) return null;
  return failed("failed", `The relay does not take this key: ${wordsIn(body) ?? `status ${status}`}`);
}

/** Every format has its message in the same place. */
function wordsIn(body: string): string | null {
  return text(object(object(parse(body))?.error)?.message);
}

/** The names in a list of models in any of the formats. */
function namesIn(body: string): string[] {
  const { data, models } = object(parse(body)) ?? {};
  const rows = [data, models].flatMap((list) => (Array.isArray(list) ? list : []));
  return rows.flatMap((row) => text(object(row)?.id) ?? text(object(row)?.name)?.replace(/^models\//, "") ?? []);
}

function likest(wanted: string, names: string[]): string {
  const family = wanted.split("-")[0] ?? wanted;
  return (names.includes(wanted) ? wanted : names.find((name) => name.startsWith(family))) ?? names[0] ?? wanted;
}
