/** How to use a key: for each client the lines to paste, or the fields to fill in. The command line shows the same. */
import type { Snippet } from "../../../../scripts/relay/connect/clients/client.ts";
import { CLIENTS } from "../../../../scripts/relay/connect/clients/clients.ts";
import { Tabs } from "../../parts/tabs.tsx";
import { Lines } from "./lines.tsx";
import { words as keysWords } from "./words.ts";

const words = keysWords.connect;

export interface ClientLinesProps {
  /** The whole key, or its placeholder while it is hidden. */
  apiKey: string;
  /** The id of the client that is shown first. */
  client?: string | undefined;
  onClient?: (id: string) => void;
}

export function ClientLines({ apiKey, client: shown, onClient }: ClientLinesProps) {
  const tabs = CLIENTS.map(({ id, name }) => ({ name: id, label: name }));
  return (
    <Tabs id="connect" label={words.title} tabs={tabs} chosen={shown} {...(onClient && { onChoose: onClient })}>
      {(chosen) => {
        const client = CLIENTS.find(({ id }) => id === chosen);
        const note = Object.hasOwn(words.notes, chosen) ? words.notes[chosen as keyof typeof words.notes] : undefined;
        return (
          <>
            {note !== undefined && <p class="hint">{note}</p>}
            {client?.shown(location.origin, apiKey).map((snippet) => (
              <Lines key={snippet.title + (snippet.file ?? "")} title={titleOf(snippet)} text={snippet.text} />
            ))}
          </>
        );
      }}
    </Tabs>
  );
}

function titleOf({ title, file }: Snippet): string {
  if (title === "file" && file !== undefined) return words.inFile(file);
  return title === "code" && file !== undefined
    ? file
    : words[title === "code" || title === "file" ? "terminal" : title];
}
