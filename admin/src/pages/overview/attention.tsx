/** What needs attention, the worst first, as the relay reports it. */
import { useSignal } from "@preact/signals";
import { format, strings } from "../../locale/strings.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { conditionText } from "../accounts/conditions.ts";
import type { Overview } from "./overview.ts";
import { words } from "./words.ts";

type Worry = Overview["attention"][number];

interface Face {
  icon: IconName;
  tone: Tone;
  name: string;
  state: string;
  why: string;
  path: string;
}

/** If there are many, only the worst are shown at first, so that the rest of the page stays in sight. */
const MOST_AT_FIRST = 6;

export function Attention({ attention, router }: { attention: readonly Worry[]; router: Router }) {
  const all = useSignal(false);
  const shown = all.value ? attention : attention.slice(0, MOST_AT_FIRST);
  if (attention.length === 0) {
    return (
      <p class="note calm">
        <Icon name="circle-check" />
        {words.allWell}
      </p>
    );
  }
  return (
    <section class="panel" aria-labelledby="attention-title">
      <h2 id="attention-title">
        {words.attention} <span class="soft">{format.count(attention.length)}</span>
      </h2>
      <ul class="worries">
        {shown.map(faceOf).map(({ icon, tone, name, state, why, path }, at) => (
          <li key={at}>
            <Icon name={icon} />
            <a class="name cut" href={router.href(path)} title={name}>
              {name}
            </a>
            <Badge tone={tone}>{state}</Badge>
            <span class="soft small cut" title={why}>
              {why}
            </span>
          </li>
        ))}
      </ul>
      {attention.length > shown.length && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            all.value = true;
          }}
        >
          {words.allWorries(format.count(attention.length))}
        </button>
      )}
    </section>
  );
}

/** Pure. */
export function faceOf(worry: Worry): Face {
  const until = "until" in worry && worry.until !== null ? words.until(format.date(worry.until)) : null;
  const because = (reason: string | null) => [reason, until].filter((part) => part !== null).join(" · ");
  switch (worry.kind) {
    case "account": {
      const bad = ["sign_in_needed", "disabled", "expired"].includes(worry.status);
      return {
        ...{ icon: "server", tone: bad ? "bad" : "warn", name: worry.name, state: words.accountStates[worry.status] },
        ...{
          why: because(conditionText(worry.condition, worry.reason)),
          path: pathTo("/accounts/:id", { id: worry.id }),
        },
      };
    }
    case "account_test":
      return {
        ...{ icon: "server", tone: "warn", name: worry.name, state: words.testFailed },
        ...{
          why: because(conditionText(worry.condition, worry.reason)),
          path: pathTo("/accounts/:id", { id: worry.id }),
        },
      };
    case "sign_in_ends":
      return {
        ...{ icon: "server", tone: "warn", name: worry.name, state: words.signInEnds },
        ...{ why: because(null), path: pathTo("/accounts/:id", { id: worry.id }) },
      };
    case "key": {
      const states: Record<string, string> = words.keyStates;
      return {
        ...{ icon: "key-round", tone: "warn", name: worry.name, state: states[worry.state] ?? worry.state },
        ...{ why: because(null), path: pathTo("/keys/:id", { id: worry.id }) },
      };
    }
    case "unpriced":
      return {
        ...{ icon: "circle-dollar-sign", tone: "warn", name: strings.shell.prices, state: words.unpriced },
        ...{ why: words.unpricedWhy(format.count(worry.requests)), path: "/prices" },
      };
    case "price_feed":
      return {
        ...{ icon: "circle-dollar-sign", tone: "warn", name: strings.shell.prices, state: words.feedFailed },
        ...{ why: worry.reasons.join("; "), path: "/prices" },
      };
  }
}
