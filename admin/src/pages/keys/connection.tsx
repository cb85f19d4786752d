/** The lines for each client with one key, which is shown on demand. */
import { useSignal } from "@preact/signals";
import { Icon } from "../../parts/icon.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { Connect } from "./connect.tsx";
import type { ApiKey, Keys } from "./keys.ts";
import { Lines } from "./lines.tsx";
import { words } from "./words.ts";

interface Props {
  apiKey: Pick<ApiKey, "id" | "hint" | "revealable">;
  keys: Keys;
  /** The whole key, if it is known already. */
  secret?: string | undefined;
  /** The id of the client that is shown first. */
  client?: string | undefined;
  onClient?: (id: string) => void;
}

/** The lines contain the key once somebody has asked to see it. */
export function Connection({ apiKey, keys, secret, client, onClient }: Props) {
  const shown = useSignal<string | null>(secret ?? null);
  const problem = useSignal<Problem | null>(null);

  async function reveal(): Promise<void> {
    const answer = await keys.reveal(apiKey.id);
    problem.value = answer.ok ? null : answer.problem;
    if (answer.ok) shown.value = answer.value;
  }

  return (
    <section class="panel" aria-labelledby="connect-title">
      <div class="heading">
        <h2 id="connect-title">{words.connect.title}</h2>
        {apiKey.revealable && (
          <button
            type="button"
            onClick={() => {
              if (shown.value === null) void reveal();
              else shown.value = null;
            }}
          >
            <Icon name={shown.value === null ? "eye" : "eye-off"} />
            {shown.value === null ? words.show : words.hide}
          </button>
        )}
      </div>
      <Trouble problem={problem.value} />
      {shown.value === null ? (
        <p class="hint">
          {words.connect.about} {apiKey.revealable ? words.connect.masked : words.connect.unknown}
        </p>
      ) : (
        <Lines title={words.key} text={shown.value} />
      )}
      <Connect apiKey={shown.value ?? `cr_${apiKey.hint}`} client={client} {...(onClient && { onClient })} />
    </section>
  );
}
