/** A page whose code is fetched when it is first shown. `fetch` may be called earlier, to save the wait. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { Trouble } from "../parts/trouble.tsx";

export interface Lazy<Props> {
  Page: ComponentType<Props>;
  fetch(): Promise<void>;
}

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): Lazy<Props> {
  const loaded = signal<ComponentType<Props> | null>(null);
  const failed = signal(false);

  async function fetch(): Promise<void> {
    if (loaded.value) return;
    await load().then(
      (component) => {
        loaded.value = component;
      },
      () => {
        failed.value = true;
      },
    );
  }

  function Page(props: Props) {
    useEffect(() => void fetch(), []);
    const Loaded = loaded.value;
    if (Loaded) return <Loaded {...props} />;
    // A browser does not retry a module that it could not fetch, and after an update the old module is gone for good.
    if (failed.value) return <Trouble problem={{ text: strings.problem.page }} onRetry={() => location.reload()} />;
    return <p class="soft">{strings.loading}</p>;
  }

  return { Page, fetch };
}
