/** A key in full, and the lines that put it to use. Shown only after it was made, or after somebody asked for it. */
import { strings } from "../../locale/strings.ts";
import { CopyButton } from "../../parts/copy-button.tsx";
import { claudeCodeLines, curlLines } from "./snippets.ts";

const words = strings.keys;

export function KeyLines({ apiKey }: { apiKey: string }) {
  const { origin } = location;
  return (
    <div class="lines">
      <Lines title={words.key} text={apiKey} />
      <Lines title={words.claudeCode} text={claudeCodeLines(origin, apiKey)} />
      <Lines title={words.curl} text={curlLines(origin, apiKey)} />
    </div>
  );
}

function Lines({ title, text }: { title: string; text: string }) {
  return (
    <section>
      <div class="line-title">
        <h3>{title}</h3>
        <CopyButton text={text} what={title} />
      </div>
      <pre>{text}</pre>
    </section>
  );
}
