/** The empty request log: the three steps to a first request, with the next one pointed out. */
import type { Console } from "../store/console.ts";
import { strings } from "../strings.ts";

const words = strings.start;

export function StartHere({ data }: { data: Console }) {
  const { accounts, keys } = data;
  if (!accounts.loaded.value || !keys.loaded.value) return null;
  const hasAccount = accounts.rows.value.some((account) => account.schedulable);
  const hasKey = keys.rows.value.some((key) => key.enabled && key.deleted_at === null);

  const next = !hasAccount
    ? { href: "#accounts", label: strings.accounts.add, text: strings.requests.emptyNoAccount }
    : !hasKey
      ? { href: "#keys", label: strings.keys.add, text: strings.requests.emptyNoKey }
      : { href: "#keys", label: strings.requests.openKeys, text: strings.requests.emptyReady };

  return (
    <>
      <div class="empty">
        <h2>{strings.requests.emptyTitle}</h2>
        <p>{next.text}</p>
        <a class="button main" href={next.href}>
          {next.label}
        </a>
      </div>
      <section class="panel" aria-labelledby="start-title">
        <h2 id="start-title">{words.title}</h2>
        <ol class="steps">
          <Step title={words.account} text={words.accountWhy} done={hasAccount} next={!hasAccount} />
          <Step title={words.key} text={words.keyWhy} done={hasKey} next={hasAccount && !hasKey} />
          <Step title={words.request} text={words.requestWhy} done={false} next={hasAccount && hasKey} />
        </ol>
      </section>
    </>
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
