/** Requests of the hub to an upstream that speaks Responses, with defaults for everything that a test does not mention. */
import type { WrittenRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubBlock, HubMessage, HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import { NO_QUIRKS, type Quirks } from "../../../../src/protocols/translate/quirks.ts";
import { TO_RESPONSES } from "../../../../src/protocols/translate/to-responses/half.ts";
import { HUB } from "../hub-request.ts";

export interface To extends Partial<Quirks> {
  model?: string;
  official?: boolean;
}

export function upstreamOf({ model = "gpt-5.2", official = true, ...quirks }: To = {}) {
  return { model, official, quirks: { ...NO_QUIRKS, ...quirks } };
}

/** The written request; a refusal is thrown. */
export function ask(hub: Partial<HubRequest>, to: To = {}): WrittenRequest {
  const written = TO_RESPONSES.write({ ...HUB, ...hub }, upstreamOf(to));
  if (!written.ok) throw new Error(JSON.stringify(written.refusal));
  return written.value;
}

export function bodyFor(hub: Partial<HubRequest>, to: To = {}): Json {
  return ask(hub, to).body;
}

/** The items for these messages. */
export function inputFor(messages: HubMessage[], to: To = {}): unknown {
  return bodyFor({ messages }, to).input;
}

export const user = (...content: HubBlock[]): HubMessage => ({ role: "user", content });
export const assistant = (...content: HubBlock[]): HubMessage => ({ role: "assistant", content });
export const text = (words: string): HubBlock => ({ type: "text", text: words });
