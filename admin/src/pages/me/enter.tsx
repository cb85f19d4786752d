/** Where the holder of a key enters it. Text that is no relay key is not sent anywhere. */
import { useMemo } from "preact/hooks";
import { secret } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { strings } from "../../locale/strings.ts";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { Look } from "../../shell/bar.tsx";
import { createHolder } from "./holder.ts";
import { keyIn } from "./key.ts";
import { words } from "./words.ts";

const FIELDS = { key: secret({ label: words.label, hint: words.hint }) };

interface Props {
  /** Why the former key is no longer here. */
  problem: Problem | null;
  /** Called while the relay is being asked about a key. */
  onSend: () => void;
  onKey: (key: string) => void;
}

export function Enter({ problem, onSend, onKey }: Props) {
  const form = useMemo(
    () =>
      createForm(FIELDS, async ({ key: typed }) => {
        const key = keyIn(typed);
        if (key === null) return { ok: false, problem: { status: 0, text: words.refusals.key_invalid, fields: [] } };
        onSend();
        const answer = await createHolder(key, () => {}).quota(new AbortController().signal);
        return answer.ok ? { ok: true, value: key } : answer;
      }),
    [],
  );

  return (
    <main class="gate">
      <div class="card">
        <div class="heading">
          <span class="brand">
            <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
            {strings.product}
          </span>
          <Look />
        </div>
        <h1>{words.heading}</h1>
        {form.problem.value === null && <Trouble problem={problem} />}
        <FormView id="me" class="rows" form={form} submit={words.submit} sending={words.sending} onDone={onKey} />
        <p class="hint">{words.privacy}</p>
        <p class="hint">
          <a href={import.meta.env.BASE_URL}>{words.administrator}</a>
        </p>
      </div>
    </main>
  );
}
