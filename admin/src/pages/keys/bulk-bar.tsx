/** The actions on all chosen keys. Each tells how many keys it has changed, and can be undone. */
import { type Signal, useSignal } from "@preact/signals";
import { format, strings } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Notice } from "../../parts/toasts.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { type BulkVerb, runBulk, targetsOf } from "./bulk.ts";
import type { ApiKey, Keys } from "./keys.ts";
import { words as keysWords } from "./words.ts";

const words = keysWords.bulk;

interface Props {
  /** The chosen keys among the rows that are shown. */
  chosen: readonly ApiKey[];
  keys: Keys;
  notice: Signal<Notice | null>;
  onClear: () => void;
}

export function BulkBar({ chosen, keys, notice, onClear }: Props) {
  const tag = useSignal("");
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);

  async function run(verb: BulkVerb): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    const done = await runBulk(keys, verb, chosen);
    busy.value = false;
    problem.value = done.ok ? null : done.problem;
    if (!done.ok) return;
    const { updated, failed, undo } = done.value;
    notice.value = {
      text: words[verb.is === "remove" ? "removed" : "done"](format.count(updated), format.count(failed)),
      ...(updated > 0 && { undo }),
    };
    onClear();
  }

  const typed = tag.value.trim();
  const verbs: [BulkVerb, string][] = [
    [{ is: "enable" }, keysWords.enable],
    [{ is: "disable" }, keysWords.disable],
  ];
  const tagging: [BulkVerb, string][] = [
    [{ is: "tag", tag: typed }, words.addTag],
    [{ is: "untag", tag: typed }, words.removeTag],
  ];
  const button = (verb: BulkVerb, label: string) => {
    const idle = busy.value || targetsOf(verb, chosen).length === 0;
    return (
      <button key={verb.is} type="button" aria-disabled={idle} onClick={() => !idle && void run(verb)}>
        {label}
      </button>
    );
  };
  return (
    <section class="panel bulk-keys" aria-label={words.label}>
      <div class="line">
        <b role="status">{words.chosen(format.count(chosen.length))}</b>
        {verbs.map(([verb, label]) => button(verb, label))}
        <input
          value={tag.value}
          aria-label={keysWords.tag}
          placeholder={keysWords.tag}
          maxLength={50}
          onInput={(event) => {
            tag.value = event.currentTarget.value;
          }}
        />
        {tagging.map(([verb, label]) => button(verb, label))}
        <button type="button" class="danger" aria-disabled={busy.value} onClick={() => void run({ is: "remove" })}>
          <Icon name="trash-2" />
          {strings.remove}
        </button>
        <button type="button" class="quiet" onClick={onClear}>
          {words.clear}
        </button>
      </div>
      <Trouble problem={problem.value} />
    </section>
  );
}
