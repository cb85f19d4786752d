/** Whether any account can answer requests, on every page. The list of accounts tells what is wrong. */
import type { Directory } from "../directory.ts";
import { format, strings } from "../locale/strings.ts";
import type { Tone } from "../parts/badge.tsx";
import type { Router } from "../router/router.ts";

export function HealthPill({ directory, router }: { directory: Directory; router: Router }) {
  const known = directory.known.value;
  if (known === null) return null;
  const { tone, text } = healthFace(known.accounts);
  return (
    <a class="pill" href={router.href("/accounts")} title={strings.health.why}>
      <span class={`dot tone-${tone}`} />
      <span class="word">{text}</span>
    </a>
  );
}

/** Pure. Ignores accounts that the operator has paused. */
export function healthFace(accounts: readonly { status: string }[]): { tone: Tone; text: string } {
  const words = strings.health;
  const wanted = accounts.filter(({ status }) => status !== "paused");
  const good = wanted.filter(({ status }) => status === "ok" || status === "untested");
  if (accounts.length === 0) return { tone: "off", text: words.empty };
  if (good.length === 0) return { tone: "bad", text: words.none };
  const count = format.count(good.length);
  if (good.length === wanted.length) return { tone: "ok", text: words.good(count) };
  return { tone: "warn", text: words.some(count, format.count(wanted.length)) };
}
