/** The actor of reads that the cron makes: the verbs of the admin API want to know who reads. */
import type { VerbContext } from "../admin/api/context.ts";

export function cronContext(env: Env, now: number): VerbContext {
  return { env, now, actor: { name: "cron", session: "", identity: "", address: "" } };
}
