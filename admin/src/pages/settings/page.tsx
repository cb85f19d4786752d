/** How the relay as a whole behaves, and how this console looks. */
import type { InferResponseType } from "hono/client";
import { useMemo } from "preact/hooks";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { oneOf, orNull, whole } from "../../form/field.ts";
import { createForm, only } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { useReading } from "../../list/reading.ts";
import { LOCALE_NAMES, LOCALES } from "../../locale/locale.ts";
import { format, locale, speak, strings } from "../../locale/strings.ts";
import { zoneOf } from "../../locale/zone.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { chooseTheme, THEMES, theme } from "../../theme.ts";
import { FreePlan } from "../overview/free-plan.tsx";
import type { PageProps } from "../pages.ts";
import { HealthChecks } from "./health.tsx";
import { Seals } from "./seals.tsx";
import { Sessions } from "./sessions.tsx";
import { words } from "./words.ts";

const STRATEGIES = ["priority", "round-robin", "random", "weighted", "failover"] as const;
const LONGEST_DAYS = 36_500;

type System = InferResponseType<AdminClient["admin"]["system"]["$get"], 200>;

export function SettingsPage({ data, router }: PageProps) {
  const { client } = data;
  const reading = useReading("system", (signal) => ask(client.admin.system.$get({}, { init: { signal } })));
  const system = reading.value.value;
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
      </div>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {/* As high as what will replace it, so that what is below does not move. */}
      {system === null && reading.problem.value === null && <Skeleton rows={6} />}
      {system && (
        <section class="panel" aria-labelledby="strategy-title">
          <h2 id="strategy-title">{words.relay}</h2>
          <SettingsForm
            key={JSON.stringify(system.settings)}
            client={client}
            settings={system.settings}
            router={router}
            onSaved={() => {
              data.notice.value = { text: strings.saved };
              void reading.refresh();
            }}
          />
        </section>
      )}
      {system === null && reading.problem.value === null && <Skeleton rows={7} />}
      {system && (
        <div class="halves">
          <Facts system={system} />
          <FreePlan meter={system.meter} now={Date.now()} />
        </div>
      )}
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
      <HealthChecks client={client} />
      <Seals client={client} />
      <Sessions client={client} />
    </>
  );
}

interface FormProps extends Pick<PageProps, "router"> {
  client: AdminClient;
  settings: System["settings"];
  onSaved: () => void;
}

function SettingsForm({ client, settings, router, onSaved }: FormProps) {
  const form = useMemo(() => {
    const choices = STRATEGIES.map((strategy) => [strategy, words.strategies[strategy]] as const);
    const days = (label: string, kept: number | null) =>
      orNull(whole({ label, hint: words.forEver, initial: kept === null ? "" : String(kept) }, 1, LONGEST_DAYS));
    const fields = {
      pool_strategy: oneOf(
        { label: words.strategyOf, hint: words.strategyWhat, initial: settings.pool_strategy },
        choices,
      ),
      request_log_days: days(words.logDays, settings.request_log_days),
      hourly_usage_days: days(words.hourDays, settings.hourly_usage_days),
    };
    return createForm(
      fields,
      (values, changed): Promise<Answer<unknown>> => ask(client.admin.settings.$patch({ json: only(values, changed) })),
    );
  }, [client, settings]);
  return (
    <FormView
      id="settings"
      takesFocus={false}
      form={form}
      submit={strings.save}
      sending={strings.saving}
      onDone={onSaved}
      router={router}
    />
  );
}

function Facts({ system }: { system: System }) {
  const { deployment, price_feed: feed } = system;
  const said = (on: boolean) => (on ? words.on : words.off);
  return (
    <section class="panel" aria-labelledby="system-title">
      <h2 id="system-title">{words.system}</h2>
      {system.weak_secrets.length > 0 && <p class="note">{words.weak(system.weak_secrets.join(", "))}</p>}
      <dl class="facts">
        <dt>{words.version}</dt>
        <dd>{system.version}</dd>
        <dt>{words.schema}</dt>
        <dd class="mono">{system.schema ?? strings.units.none}</dd>
        <dt>{words.zone}</dt>
        <dd>{zoneOf(deployment.timezone_offset_hours)}</dd>
        <dt>{words.access}</dt>
        <dd>{said(deployment.cloudflare_access)}</dd>
        <dt>{words.feed}</dt>
        <dd>
          {said(deployment.price_feed)}
          {feed && ` · ${format.date(feed.at)}`}
        </dd>
      </dl>
    </section>
  );
}
