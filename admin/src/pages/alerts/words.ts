/** The words for alerts, in the language in use. */
import { wordsOf } from "../../locale/words.ts";
import type { ChannelType } from "./channels.ts";

export const words = await wordsOf(
  () => import("../../locale/en/alerts.ts").then(({ alerts }) => alerts),
  () => import("../../locale/zh-cn/alerts.ts").then(({ alerts }) => alerts),
);

/** A service with the same name in every language needs no translation. */
export const KINDS: Record<ChannelType, string> = {
  ...{ slack: "Slack", discord: "Discord", telegram: "Telegram", bark: "Bark", ntfy: "ntfy" },
  ...words.kinds,
};
