/** "12 new ↑": tells people who have scrolled down that new requests have arrived, and a click leads to them. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { format } from "../../locale/strings.ts";
import { focusHeading } from "../../parts/focus.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Requests } from "./requests.ts";
import { words } from "./words.ts";

/** If less of the page than this is above the window, its newest rows are in sight. */
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
