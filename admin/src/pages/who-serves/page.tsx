/** "Who would serve this?": takes a key, a model and a client's API; shows each account with its place, or why not. Sends nothing. */
import { ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { PageProps } from "../pages.ts";
import { WhoServesAnswer } from "./answer.tsx";
import { PROTOCOL_NAMES, PROTOCOLS, type Question, questionIn, searchOf } from "./question.ts";
import { words } from "./words.ts";

export function WhoServesPage({ data, router }: PageProps) {
  const known = data.directory.known.value;
  const said = questionIn(router.search.value);
  const question = { ...said, key: said.key || (known?.keys[0]?.id ?? "") };
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
      </div>
      <p class="soft">{words.about}</p>
      {known === null && <Skeleton rows={3} />}
      {known && question.key === "" && <p class="note">{words.noKeys}</p>}
      {known && question.key !== "" && (
        <Asking
          data={data}
          question={question}
          keys={namedKeys(known, question.key)}
          onAsk={(asked) => router.setSearch(searchOf(asked))}
        />
      )}
      {known && question.key !== "" && question.model !== "" && (
        <Answering key={searchOf(question)} data={data} router={router} question={question} />
      )}
    </>
  );
}

interface NamedKey {
  id: string;
  name: string;
}

/** The keys to choose from. A link may ask about one that is not among the newest. */
function namedKeys({ keys }: { keys: readonly NamedKey[] }, chosen: string): readonly NamedKey[] {
  return keys.some(({ id }) => id === chosen) ? keys : [{ id: chosen, name: chosen }, ...keys];
}

interface AskingProps extends Pick<PageProps, "data"> {
  question: Question;
  keys: readonly NamedKey[];
  onAsk: (question: Partial<Record<keyof Question, string>>) => void;
}

function Asking({ data, question, keys, onAsk }: AskingProps) {
  const { client } = data;
  const meta = useReading("meta", (signal) => ask(client.admin.meta.$get({}, { init: { signal } })));
  const offered = meta.value.value;
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>);
      }}
    >
      <div class="columns">
        <div class="field">
          <label for="ask-key">{words.key}</label>
          <select id="ask-key" name="key">
            {keys.map(({ id, name }) => (
              <option key={id} value={id} selected={id === question.key}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="ask-model">{words.model}</label>
          <input
            id="ask-model"
            name="model"
            list="ask-models"
            required
            defaultValue={question.model}
            autocomplete="off"
            spellcheck={false}
            aria-describedby="ask-model-hint"
          />
          <p class="hint" id="ask-model-hint">
            {words.modelHint}
          </p>
          <datalist id="ask-models">
            {offered?.models.map((model) => (
              <option key={model} value={model} />
            ))}
          </datalist>
        </div>
        <div class="field">
          <label for="ask-protocol">{words.protocol}</label>
          <select id="ask-protocol" name="protocol">
            {PROTOCOLS.map((protocol) => (
              <option key={protocol} value={protocol} selected={protocol === question.protocol}>
                {PROTOCOL_NAMES[protocol]}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="ask-client">{words.client}</label>
          <input
            id="ask-client"
            name="client"
            list="ask-clients"
            defaultValue={question.client ?? ""}
            placeholder={words.anyClient}
            autocomplete="off"
            spellcheck={false}
          />
          <datalist id="ask-clients">
            {offered?.clients.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </div>
      </div>
      <div class="actions">
        <button type="submit" class="main">
          <Icon name="search" />
          {words.ask}
        </button>
      </div>
    </form>
  );
}

function Answering({ data, router, question }: Pick<PageProps, "data" | "router"> & { question: Question }) {
  const reading = useReading(searchOf(question), (signal) =>
    ask(data.client.admin.route.$get({ query: question }, { init: { signal } })),
  );
  const answer = reading.value.value;
  return (
    <>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {answer === null && reading.problem.value === null && <Skeleton rows={4} />}
      {answer && <WhoServesAnswer answer={answer} router={router} />}
    </>
  );
}
