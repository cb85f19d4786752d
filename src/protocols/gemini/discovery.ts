/**
 * The calls by which Gemini CLI asks about its user in Code Assist mode, and the relay's answers to them. The answers involve no
 * model and tell nothing of the account that serves: not its owner, project, plan, quota or credits. They describe one user, who
 * may do everything. So none of these calls goes upstream.
 */

/** The project that stands for the relay. The CLI only sends it back. */
const PROJECT = "edge-relay";
const TIER = { id: "standard-tier", name: "Edge Relay", description: "Served by this relay", isDefault: true };

/** Answers by action. The CLI works without quota and experiments. */
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

/** The answer to one of these calls. */
export function discoveryAnswer(action: string): object {
  return DISCOVERY[action] ?? {};
}
