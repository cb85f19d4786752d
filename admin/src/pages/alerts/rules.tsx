/** When alerts are told, and how. */
import { useMemo } from "preact/hooks";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import {
  type Choice,
  flag,
  flagDraft,
  mapped,
  maybeEmpty,
  oneOf,
  optional,
  orNull,
  text,
  usd,
  whole,
} from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { useReading } from "../../list/reading.ts";
import { LOCALE_NAMES, LOCALES } from "../../locale/locale.ts";
import { strings } from "../../locale/strings.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { PageProps } from "../pages.ts";
import type { AlertSettings } from "./channels.ts";
import { words } from "./words.ts";

const PERCENTS = [50, 55, 60, 65, 70, 75, 80, 85, 90, 95].map((share): Choice => {
  return [String(share), words.percent(String(share))];
});

export function Rules({ data, router }: Pick<PageProps, "data" | "router">) {
  const { client } = data;
  const reading = useReading("alert settings", (signal) =>
    ask(client.admin.alerts.settings.$get({}, { init: { signal } })),
  );
  const settings = reading.value.value;
  return (
    <section class="panel" aria-labelledby="rules-title">
      <h2 id="rules-title">{words.rules}</h2>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {settings === null && reading.problem.value === null && <Skeleton rows={4} />}
      {settings && (
        <RulesForm
          key={JSON.stringify(settings)}
          client={client}
          settings={settings}
          router={router}
          onSaved={() => {
            data.notice.value = { text: strings.saved };
            void reading.refresh();
          }}
        />
      )}
    </section>
  );
}

interface FormProps extends Pick<PageProps, "router"> {
  client: AdminClient;
  settings: AlertSettings;
  onSaved: () => void;
}

function RulesForm({ client, settings, router, onSaved }: FormProps) {
  const form = useMemo(() => {
    const number = (value: number | null) => (value === null ? "" : String(value));
    const percent = (label: string, initial: number) =>
      mapped(oneOf({ label, initial: String(initial) }, PERCENTS), Number);
    const languages = LOCALES.map((language): Choice<AlertSettings["language"]> => [language, LOCALE_NAMES[language]]);
    const digests: Choice<AlertSettings["digest"]>[] = [
      ["off", words.digests.off],
      ["day", words.digests.day],
      ["week", words.digests.week],
    ];
    const { quiet_hours: quiet } = settings;
    const fields = {
      language: oneOf({ label: words.language, initial: settings.language }, languages),
      "quiet_hours.from": optional(text({ label: words.quietFrom, hint: words.quietWhat, initial: quiet?.from })),
      "quiet_hours.to": optional(text({ label: words.quietTo, initial: quiet?.to })),
      urgent_passes: flag({ label: words.urgentPasses, initial: flagDraft(settings.urgent_passes) }),
      remind_hours: orNull(
        whole({ label: words.remind, hint: words.remindWhat, initial: number(settings.remind_hours) }, 1, 720),
      ),
      key_percent: percent(words.keyPercent, settings.key_percent),
      daily_budget_usd: orNull(
        usd({ label: words.dailyBudget, hint: words.budgetWhat, initial: settings.daily_budget_usd ?? "" }),
      ),
      monthly_budget_usd: orNull(usd({ label: words.monthlyBudget, initial: settings.monthly_budget_usd ?? "" })),
      budget_percent: percent(words.budgetPercent, settings.budget_percent),
      allowance_percent: percent(words.allowancePercent, settings.allowance_percent),
      cache_points: orNull(
        whole({ label: words.cachePoints, hint: words.cacheWhat, initial: number(settings.cache_points) }, 5, 90),
      ),
      digest: oneOf({ label: words.digest, initial: settings.digest }, digests),
      digest_hour: whole({ label: words.digestHour, initial: String(settings.digest_hour) }, 0, 23),
      release_feed_url: maybeEmpty(
        text({ label: words.release, hint: words.releaseWhat, initial: settings.release_feed_url }),
      ),
    };
    return createForm(fields, async (values): Promise<Answer<unknown>> => {
      const { "quiet_hours.from": from = "", "quiet_hours.to": to = "", ...others } = values;
      if ((from === "") !== (to === "")) return { ok: false, problem: { status: 0, text: words.clock, fields: [] } };
      const quiet_hours = from === "" ? null : { from, to };
      return ask(client.admin.alerts.settings.$patch({ json: { ...others, quiet_hours } }));
    });
  }, [client, settings]);
  return (
    <FormView
      id="alert-settings"
      takesFocus={false}
      form={form}
      submit={strings.save}
      sending={strings.saving}
      onDone={onSaved}
      router={router}
    />
  );
}
