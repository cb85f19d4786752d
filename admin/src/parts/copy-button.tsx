/** Copies a text and says so. If the browser forbids copying, it says that instead. */
import { useSignal } from "@preact/signals";
import { strings } from "../locale/strings.ts";
import { Icon } from "./icon.tsx";

const SAID_MS = 2_000;

export function CopyButton({ text, what }: { text: string; what: string }) {
  const said = useSignal("");
  const done = said.value === strings.copied;
  const label = done ? strings.copied : strings.copy;

  async function copy(): Promise<void> {
    try {
      // Undefined outside a secure context, such as a plain-http address in the local network.
      await navigator.clipboard.writeText(text);
      said.value = strings.copied;
      setTimeout(() => {
        said.value = "";
      }, SAID_MS);
    } catch {
      said.value = strings.copyBlocked;
    }
  }

  return (
    <span class="copy">
      <button type="button" class="quiet" onClick={copy} aria-label={`${label}: ${what}`}>
        <Icon name={done ? "check" : "copy"} />
        {label}
      </button>
      <span class={said.value === strings.copyBlocked ? "error" : "unseen"} role="status">
        {said.value}
      </span>
    </span>
  );
}
