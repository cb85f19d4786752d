/** Who reads where nobody has asked: the verbs of the admin API want to know. */
import type { VerbContext } from "../admin/api/context.ts";

export function cronContext(env: Env, now: number): VerbContext {
  return { env, now, actor: { name: "cron", session: "", identity: "", address: "" } };
}
