/** The question to the relay: a key, a model and the client's format. It is in the address, so that a link repeats it. Pure. */
import type { InferRequestType } from "hono/client";
import type { AdminClient } from "../../api.ts";

type Query = InferRequestType<AdminClient["admin"]["route"]["$get"]>["query"];
export type Protocol = Query["protocol"];
export interface Question {
  /** The key's id. */
  key: string;
  model: string;
  protocol: Protocol;
  /** The relay's name for the client; default: an unknown one. */
  client?: string;
}

/** The providers' names for their APIs, the same in every language. */
export const PROTOCOL_NAMES: Readonly<Record<Protocol, string>> = {
  anthropic: "Messages",
  chat: "Chat Completions",
  responses: "Responses",
  gemini: "generateContent",
};
export const PROTOCOLS = Object.keys(PROTOCOL_NAMES) as Protocol[];

/** `search`: the query of an address. Missing values are empty, and a missing API is Messages. */
export function questionIn(search: string): Question {
  const query = new URLSearchParams(search);
  const client = query.get("client");
  return {
    key: query.get("key") ?? "",
    model: (query.get("model") ?? "").trim(),
    protocol: PROTOCOLS.find((name) => name === query.get("protocol")) ?? "anthropic",
    ...(client && { client }),
  };
}

/** The query of an address with this question. Empty values are left out. */
export function searchOf(question: Partial<Record<keyof Question, string>>): string {
  const said = Object.entries(question).filter(([, value]) => value !== undefined && value !== "");
  return said.length === 0 ? "" : `?${new URLSearchParams(Object.fromEntries(said) as Record<string, string>)}`;
}
