/** A text to be copied, under its title. */
import { CopyButton } from "../../parts/copy-button.tsx";

export function Lines({ title, text }: { title: string; text: string }) {
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
