/**
 * The calls by which Gemini CLI finds out about its user in Code Assist mode, and the answers to them. They ask nothing of
 * a model and tell nothing of an account, whichever serves: not whose it is, not its project, its plan, its quota or its credits. There is
 * one user, who may do everything. So none of these calls goes upstream.
 */

/** The project that the relay stands for. The CLI only hands it back. */
const PROJECT = "edge-relay";
const TIER = { id: "standard-tier", name: "Edge Relay", description: "Served by this relay", isDefault: true };

/** By action. The CLI goes on without quota and experiments. */
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
};

export const DISCOVERY_ACTIONS = Object.keys(DISCOVERY);

/** The answer to one of them. */
export function discoveryAnswer(action: string): object {
  return DISCOVERY[action] ?? {};
}
