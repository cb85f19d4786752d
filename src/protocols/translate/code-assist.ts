/**
 * Gemini Code Assist served by API-key accounts: the envelope around generateContent taken off and put on again, and
 * the calls by which the CLI finds out about its user answered here. Google ended consumer sign-in to Code Assist in
 * June 2026; what remains is people whose CLI is set up for it.
 */
import { object } from "../json.ts";
import type { EventChange } from "./rewrite.ts";

/** The request inside a Code Assist body; null where there is none. `session_id` is Code Assist's own, and refused by the API. */
export function unwrapRequest(request: unknown): { body: Uint8Array; session: string | null } | null {
  const inner = object(request);
  if (!inner) return null;
  const { session_id: session, ...rest } = inner;
  // countTokens names the model a second time, inside.
  const { model: _, ...body } = rest;
  return {
    body: new TextEncoder().encode(JSON.stringify(body)),
    session: typeof session === "string" ? session : null,
  };
}

/** Events of generateContent as Code Assist would have sent them. */
export const WRAPPED: EventChange = {
  whole: (event) =>
    event.replace(/^data:[ \t]*(.*?)(\r?)$/m, (line, data: string, end: string) =>
      data.startsWith(ERROR) ? line : `data: ${OPENING}${data}${CLOSING}${end}`,
    ),
  around: (head) => (/^data:[ \t]*\{"error"/m.test(head) ? null : { before: OPENING, after: CLOSING }),
};

const ERROR = '{"error"';
const OPENING = '{"response":';
const CLOSING = "}";

/** A whole answer likewise. */
export function wrapAnswer(body: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(OPENING);
  const wrapped = new Uint8Array(head.length + body.length + 1);
  wrapped.set(head);
  wrapped.set(body, head.length);
  wrapped[wrapped.length - 1] = 0x7d;
  return wrapped;
}

/** The project that the relay stands for. The CLI only hands it back. */
const PROJECT = "edge-relay";
const TIER = { id: "standard-tier", name: "Edge Relay", description: "Served by this relay", isDefault: true };

/** Answers of the calls that ask nothing of a model, by action. The CLI goes on without quota and experiments. */
const DISCOVERY: Record<string, object> = {
  loadCodeAssist: { currentTier: TIER, allowedTiers: [TIER], cloudaicompanionProject: PROJECT, gcpManaged: false },
  onboardUser: {
    name: "operations/edge-relay",
    done: true,
    response: { cloudaicompanionProject: { id: PROJECT, name: PROJECT } },
  },
  retrieveUserQuota: { buckets: [] },
  listExperiments: { experimentIds: [], flags: [] },
  fetchAdminControls: {},
  recordCodeAssistMetrics: {},
};

/** The calls that `discover` answers. */
export const DISCOVERY_ACTIONS = Object.keys(DISCOVERY);

export function discover(action: string): object {
  return DISCOVERY[action] ?? {};
}
