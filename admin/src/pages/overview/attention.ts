/** What needs somebody, the worst first. Pure. What mends itself within minutes is not in it. */
import type { Known } from "../../directory.ts";
import type { Tone } from "../../parts/badge.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { pathTo } from "../../router/match.ts";

export interface Worry {
  tone: Extract<Tone, "warn" | "bad">;
  icon: IconName;
  /** What it is about, and what is wrong with it. */
  name: string;
  state: "sign_in_needed" | "disabled" | "expired" | "limited" | "budget_used" | "window_full" | "unpriced";
  why: string | null;
  until: string | null;
  path: string;
}

interface WorriedKey {
  id: string;
  name: string;
  state: string;
  state_until: string | null;
}

export function worriesOf(
  accounts: Known["accounts"],
  keys: readonly WorriedKey[],
  unpriced: readonly { model: string }[],
): Worry[] {
  const worries = [
    ...accounts.flatMap(({ id, name, status, status_reason, status_until }): Worry[] => {
      const path = pathTo("/accounts/:id", { id });
      const common = { icon: "server" as const, name, why: status_reason, until: status_until, path };
      if (status === "limited") return [{ ...common, tone: "warn", state: status }];
      if (status === "sign_in_needed" || status === "disabled" || status === "expired") {
        return [{ ...common, tone: "bad", state: status }];
      }
      return [];
    }),
    ...keys.flatMap(({ id, name, state, state_until }): Worry[] => {
      if (state !== "budget_used" && state !== "window_full") return [];
      const path = pathTo("/keys/:id", { id });
      return [{ tone: "warn", icon: "key-round", name, state, why: null, until: state_until, path }];
    }),
    ...unpriced.map(
      ({ model }): Worry => ({
        ...{ tone: "warn", icon: "circle-dollar-sign", name: model, state: "unpriced" },
        ...{ why: null, until: null, path: pathTo("/prices/:model", { model }) },
      }),
    ),
  ];
  return worries.sort((left, right) => Number(right.tone === "bad") - Number(left.tone === "bad"));
}
