/**
 * Which keys and templates name an account or a group: what deleting it would leave without an upstream. Deleted keys
 * do not count. Reads every key, so only for what happens rarely.
 */

export interface Bound {
  keys: number;
  templates: number;
}

/** `by`: the binding to look for. */
export async function boundTo(env: Env, by: "account" | "group", id: string): Promise<Bound> {
  const [policyPath, fieldPath] =
    by === "account" ? ["$.boundAccountId", "$.bound_account_id"] : ["$.boundGroupId", "$.bound_group_id"];
  const counted = env.DB.prepare(
    `SELECT (SELECT count(*) FROM api_keys WHERE deleted_at IS NULL AND policy ->> ?1 = ?3) AS keys,
            (SELECT count(*) FROM templates WHERE fields ->> ?2 = ?3) AS templates`,
  ).bind(policyPath, fieldPath, id);
  return (await counted.first<Bound>()) ?? { keys: 0, templates: 0 };
}

/** `2 API keys and 1 template`; null where nothing is bound. */
export function boundInWords({ keys, templates }: Bound): string | null {
  const parts = [
    keys > 0 ? `${keys} API key${keys === 1 ? "" : "s"}` : [],
    templates > 0 ? `${templates} template${templates === 1 ? "" : "s"}` : [],
  ].flat();
  return parts.length > 0 ? parts.join(" and ") : null;
}
