/** Which lane leads from a client to an upstream. This is the one place that knows all lanes. */
import type { Protocol } from "../wire.ts";
import { CHAT_USAGE } from "./chat-usage.ts";
import {
  COUNT_FROM_ENVELOPE,
  countToEnvelope,
  ENVELOPES,
  FROM_ENVELOPE,
  TO_ENVELOPE,
  translatedToEnvelope,
} from "./code-assist.ts";
import { answerLane, countLane } from "./compose.ts";
import { withoutEchoes } from "./echoed.ts";
import { FROM_CHAT } from "./from-chat/half.ts";
import { FROM_COMPLETIONS } from "./from-completions.ts";
import { FROM_GEMINI } from "./from-gemini/half.ts";
import { FROM_MESSAGES } from "./from-messages/half.ts";
import { FROM_RESPONSES } from "./from-responses/half.ts";
import { GEMINI_BYTES } from "./gemini-bytes.ts";
import type { ClientHalf, UpstreamHalf } from "./halves.ts";
import { BYTES, type Lane } from "./lane.ts";
import { MESSAGES_BYTES } from "./messages-bytes.ts";
import { RESPONSES_BYTES } from "./responses-bytes.ts";
import { TO_CHAT } from "./to-chat/half.ts";
import { TO_GEMINI } from "./to-gemini/half.ts";
import { TO_MESSAGES } from "./to-messages/half.ts";
import { TO_RESPONSES } from "./to-responses/half.ts";

/** The format of a client. */
export interface ClientFormat {
  protocol: Protocol;
  /** The envelope of its requests and answers; null for none. */
  envelope: "code-assist" | null;
  /** Whether it streams Chat without having asked for usage. */
  usageUnasked: boolean;
  /** What it wants of a model, if an upstream of another format can do that; otherwise null. */
  task: Task | null;
}

/**
 * `answer`: the model's answer to a conversation. `completion`: its answer to the prompt of OpenAI's old completions. `count`: how
 * many tokens a conversation has. `compact`: a summary in place of the conversation.
 */
export type Task = "answer" | "completion" | "count" | "compact";

/** The halves by format. There is a translation for every pair of them. */
const CLIENTS: Partial<Record<Protocol, ClientHalf>> = {
  anthropic: FROM_MESSAGES,
  chat: FROM_CHAT,
  responses: FROM_RESPONSES,
  gemini: FROM_GEMINI,
};
const UPSTREAMS: Partial<Record<Protocol, UpstreamHalf>> = {
  anthropic: TO_MESSAGES,
  chat: TO_CHAT,
  responses: TO_RESPONSES,
  gemini: TO_GEMINI,
};

/** The lane to an upstream of format `upstream`, in the v1internal envelope if `enveloped`; null if there is none. */
export function laneFor(client: ClientFormat, upstream: Protocol, enveloped = false): Lane | null {
  return enveloped ? laneToEnvelope(client, upstream) : laneToApi(client, upstream);
}

function laneToApi(client: ClientFormat, upstream: Protocol): Lane | null {
  // No upstream is asked in the format of the old completions.
  if (client.task === "completion") return translation(client.task, client.protocol, upstream);
  if (client.protocol !== upstream) return client.task && translation(client.task, client.protocol, upstream);
  if (client.envelope === "code-assist") return client.task === "count" ? COUNT_FROM_ENVELOPE : FROM_ENVELOPE;
  if (client.protocol === "responses" && client.task !== null) return RESPONSES_BYTES;
  if (client.protocol === "anthropic" && client.task !== null) return MESSAGES_BYTES;
  if (client.protocol === "gemini" && client.task !== null) return GEMINI_BYTES;
  const lane = client.usageUnasked ? CHAT_USAGE : BYTES;
  const hub = client.protocol === "chat" && client.task === "answer" ? translation("answer", "chat", "chat") : null;
  return hub ? withoutEchoes(lane, hub) : lane;
}

/** An upstream with an envelope gives only answers and counts. */
function laneToEnvelope(client: ClientFormat, upstream: Protocol): Lane | null {
  const lane = client.task === null ? null : laneToApi({ ...client, envelope: null }, upstream);
  if (!lane) return null;
  if (client.task === "count") return countToEnvelope(lane);
  if (lane !== GEMINI_BYTES) return translatedToEnvelope(lane);
  return client.envelope === "code-assist" ? ENVELOPES : TO_ENVELOPE;
}

const translations = new Map<string, Lane | null>();

function translation(task: Task, from: Protocol, to: Protocol): Lane | null {
  const name = `${task} ${from} ${to}`;
  const known = translations.get(name);
  if (known !== undefined) return known;
  const lane = composed(task, from, to);
  translations.set(name, lane);
  return lane;
}

function composed(task: Task, from: Protocol, to: Protocol): Lane | null {
  const client = task === "completion" ? FROM_COMPLETIONS : CLIENTS[from];
  const upstream = UPSTREAMS[to];
  if (!client || !upstream) return null;
  const read = task === "compact" ? client.compact : client.read;
  if (!read) return null;
  const sides = [
    { protocol: from, half: { read } },
    { protocol: to, half: upstream },
  ] as const;
  return task === "count" ? countLane(...sides) : answerLane(...sides);
}
