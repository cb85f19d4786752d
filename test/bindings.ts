/** The bindings and settings as they were before any file changed one. All files of a Worker share one object of them. */
import { env } from "cloudflare:workers";

export function restoreBindings(): void {
  const kept = globalThis as { bindingsAtStart?: Partial<Env> };
  kept.bindingsAtStart ??= { ...env };
  for (const name of Object.keys(env))
    if (!Object.hasOwn(kept.bindingsAtStart, name)) Reflect.deleteProperty(env, name);
  Object.assign(env, kept.bindingsAtStart);
}
