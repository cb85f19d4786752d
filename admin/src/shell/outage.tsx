/**
 * A banner on every page while a part of the relay does not work: a day's allowance is used up, or something has failed. The pill beside it
 * tells the state of the accounts.
 */
import { useSignal } from "@preact/signals";
import type { InferResponseType } from "hono/client";
import { useEffect } from "preact/hooks";
import { type AdminClient, ask } from "../api.ts";
import { format, locale } from "../locale/strings.ts";
import { wordsOf } from "../locale/words.ts";
import type { Router } from "../router/router.ts";

const words = await wordsOf(
  () => import("../locale/en/outage.ts").then(({ outage }) => outage),
  () => import("../locale/zh-cn/outage.ts").then(({ outage }) => outage),
);

const list = new Intl.ListFormat(locale);

type Health = InferResponseType<AdminClient["admin"]["health"]["$get"], 200>;

/** A check costs a written row of D1 and some object requests: 288 times a day for a tab that is never closed. */
const EVERY_MS = 300_000;
/** After what the page itself reads: on a relay with a million requests, this check made three pages take over a second (measured). */
const FIRST_MS = 4_000;

export function Outage({ client, router }: { client: AdminClient; router: Router }) {
  const health = useSignal<Health | null>(null);
  useEffect(() => {
    async function look(): Promise<void> {
      if (document.visibilityState !== "visible") return;
      const answer = await ask(client.admin.health.$get());
      if (answer.ok) health.value = answer.value;
    }
    const first = setTimeout(() => void look(), FIRST_MS);
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [client, health]);
  const text = health.value && outageText(health.value);
  if (!text) return null;
  return (
    <div class="problem outage" role="alert">
      <span>{text}</span>
      <a href={router.href("/settings")}>{words.more}</a>
    </div>
  );
}

/** Pure; null: nothing that every page should say. */
export function outageText({ used_up, checks }: Pick<Health, "used_up" | "checks">): string | null {
  const [gone] = used_up;
  if (gone) return words.usedUp[gone.of](format.time(gone.until, Date.now()));
  const failed = checks.filter(({ name, status }) => status === "failed" && name !== "accounts");
  return failed.length === 0 ? null : words.failed(list.format(failed.map(({ name }) => words.parts[name])));
}
