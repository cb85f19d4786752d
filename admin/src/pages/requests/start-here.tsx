/** The empty request log: the three steps to a first request, with the next one pointed out. */
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";

const words = strings.start;

export function StartHere({ data }: { data: Console }) {
  const { accounts, keys } = data;
  if (!accounts.loaded.value || !keys.loaded.value) return null;
  const hasAccount = accounts.rows.value.some((account) => account.schedulable);
  const hasKey = keys.rows.value.some((key) => key.enabled && key.deleted_at === null);

  const next = !hasAccount
    ? { href: "#accounts", label: strings.accounts.add, text: words.noAccount }
    : !hasKey
      ? { href: "#keys", label: strings.keys.add, text: words.noKey }
      : { href: "#keys", label: words.openKeys, text: words.ready };

  return (
    <section class="panel start" aria-labelledby="start-title">
      <div>
        <h2 id="start-title">{words.title}</h2>
        <p class="soft">{next.text}</p>
      </div>
      <ol class="steps">
        <Step title={words.account} text={words.accountWhy} done={hasAccount} next={!hasAccount} />
        <Step title={words.key} text={words.keyWhy} done={hasKey} next={hasAccount && !hasKey} />
        <Step title={words.request} text={words.requestWhy} done={false} next={hasAccount && hasKey} />
      </ol>
      <div class="actions">
        <a class="button main" href={next.href}>
          {next.label}
        </a>
      </div>
    </section>
  );
}

interface StepProps {
  title: string;
  text: string;
  done: boolean;
  next: boolean;
}

function Step({ title, text, done, next }: StepProps) {
  return (
    <li class={done ? "done" : next ? "next" : undefined} aria-current={next ? "step" : undefined}>
      <b>
        {title}
        {done && <span class="unseen"> ({words.done})</span>}
      </b>
      <p>{text}</p>
    </li>
  );
}
