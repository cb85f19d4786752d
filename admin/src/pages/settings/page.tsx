/** How the relay as a whole behaves, and how this console looks. */
import { useMemo } from "preact/hooks";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { oneOf } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { useReading } from "../../list/reading.ts";
import { LOCALE_NAMES, LOCALES } from "../../locale/locale.ts";
import { locale, speak, strings } from "../../locale/strings.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { chooseTheme, THEMES, theme } from "../../theme.ts";
import type { PageProps } from "../pages.ts";
import { Seals } from "./seals.tsx";
import { words } from "./words.ts";

const STRATEGIES = ["priority", "round-robin", "random", "weighted", "failover"] as const;
type Strategy = (typeof STRATEGIES)[number];

export function SettingsPage({ data, router }: PageProps) {
  const { client } = data;
  const strategy = useReading("strategy", (signal) =>
    ask(client.admin.settings["pool-strategy"].$get({}, { init: { signal } })),
  );
  const chosen = strategy.value.value?.strategy;
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
      </div>
      <section class="panel" aria-labelledby="strategy-title">
        <h2 id="strategy-title">{words.strategy}</h2>
        <p class="soft">{words.strategyWhat}</p>
        <Trouble problem={strategy.problem.value} onRetry={strategy.refresh} />
        {chosen === undefined && strategy.problem.value === null && <Skeleton rows={2} />}
        {chosen && (
          <StrategyForm
            key={chosen}
            client={client}
            chosen={chosen}
            router={router}
            onSaved={() => {
              data.notice.value = { text: strings.saved };
              void strategy.refresh();
            }}
          />
        )}
      </section>
      <section class="panel" aria-labelledby="look-title">
        <h2 id="look-title">{words.look}</h2>
        <div class="line">
          <span>{strings.shell.theme}</span>
          <fieldset class="choices" aria-label={strings.shell.theme}>
            {THEMES.map((offered) => (
              <button
                key={offered}
                type="button"
                aria-pressed={offered === theme.value}
                onClick={() => chooseTheme(offered)}
              >
                {strings.shell.themes[offered]}
              </button>
            ))}
          </fieldset>
        </div>
        <div class="line">
          <span>{strings.shell.language}</span>
          <fieldset class="choices" aria-label={strings.shell.language}>
            {LOCALES.map((offered) => (
              <button
                key={offered}
                type="button"
                lang={offered}
                aria-pressed={offered === locale}
                onClick={() => speak(offered)}
              >
                {LOCALE_NAMES[offered]}
              </button>
            ))}
          </fieldset>
        </div>
      </section>
      <Seals client={client} />
    </>
  );
}

interface FormProps extends Pick<PageProps, "router"> {
  client: AdminClient;
  chosen: Strategy;
  onSaved: () => void;
}

function StrategyForm({ client, chosen, router, onSaved }: FormProps) {
  const form = useMemo(() => {
    const choices = STRATEGIES.map((strategy) => [strategy, words.strategies[strategy]] as const);
    return createForm(
      { strategy: oneOf({ label: words.strategyOf, initial: chosen }, choices) },
      (values): Promise<Answer<unknown>> => ask(client.admin.settings["pool-strategy"].$put({ json: values })),
    );
  }, [client, chosen]);
  return (
    <FormView
      id="strategy"
      takesFocus={false}
      form={form}
      submit={strings.save}
      sending={strings.saving}
      onDone={onSaved}
      router={router}
    />
  );
}
