/** "12 new ↑": who has scrolled down while the log goes on is told, and brought to the top by a click. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { format } from "../../locale/strings.ts";
import { focusHeading } from "../../parts/focus.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Requests } from "./requests.ts";
import { words } from "./words.ts";

/** Less than this of the page is above the window where its newest rows are in sight. */
const TOP_PX = 160;

export function News({ requests }: { requests: Requests }) {
  const away = useSignal(false);
  const unseen = requests.unseen.value;
  const isAway = away.value;

  useEffect(() => {
    const onScroll = () => {
      away.value = scrollY > TOP_PX;
    };
    onScroll();
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, [away]);

  useEffect(() => {
    if (!isAway) requests.seen();
  }, [isAway, unseen, requests]);

  if (!isAway || unseen === 0) return null;
  return (
    <button
      type="button"
      class="main news"
      onClick={() => {
        scrollTo(0, 0);
        focusHeading();
      }}
    >
      {words.news(format.count(unseen))}
      <Icon name="arrow-up" />
    </button>
  );
}
