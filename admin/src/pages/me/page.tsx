/**
 * What the holder of a key sees of it, without signing in, and nothing of others: first a field for the key, then what it has used.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { strings } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Problem } from "../../problem.ts";
import { lazy } from "../../router/lazy.tsx";
import { Look } from "../../shell/bar.tsx";
import { Enter } from "./enter.tsx";
import { createHolder, type Holder } from "./holder.ts";
import { createMyKey } from "./key.ts";
import "./me.css";
import { words } from "./words.ts";

const usagePart = lazy<{ apiKey: string; holder: Holder }>(() => import("./usage.tsx").then((part) => part.Usage));

export function MePage() {
  const key = useMemo(createMyKey, []);
  const refused = useSignal<Problem | null>(null);
  const current = key.current.value;

  useEffect(() => {
    document.title = `${words.title} · ${strings.product}`;
  }, []);

  const holder = useMemo(
    () =>
      current === null
        ? null
        : createHolder(current, (problem) => {
            refused.value = problem;
            key.forget();
          }),
    [current, key, refused],
  );

  function forget(): void {
    refused.value = null;
    key.forget();
  }

  if (current === null || holder === null) {
    return <Enter problem={refused.value} onSend={() => void usagePart.fetch()} onKey={key.keep} />;
  }
  return (
    <>
      <header class="bar">
        <span class="brand">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
          {strings.product}
        </span>
        <Look />
        <button type="button" onClick={forget}>
          <Icon name="log-out" />
          {words.forget}
        </button>
      </header>
      <main class="page">
        <usagePart.Page key={current} apiKey={current} holder={holder} />
      </main>
    </>
  );
}
