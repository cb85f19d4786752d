/** The one list of channels. A new one is a file of src/alerts/channels/ and a line here. */
import { bark } from "./channels/bark.ts";
import type { Channel } from "./channels/channel.ts";
import { dingtalk } from "./channels/dingtalk.ts";
import { discord } from "./channels/discord.ts";
import { email } from "./channels/email.ts";
import { feishu } from "./channels/feishu.ts";
import { ntfy } from "./channels/ntfy.ts";
import { slack } from "./channels/slack.ts";
import { telegram } from "./channels/telegram.ts";
import { webhook } from "./channels/webhook.ts";
import { wecom } from "./channels/wecom.ts";

export const CHANNELS = {
  webhook,
  slack,
  discord,
  telegram,
  feishu,
  dingtalk,
  wecom,
  bark,
  ntfy,
  email,
} as const satisfies Record<string, Channel>;

export type ChannelType = keyof typeof CHANNELS;
export const CHANNEL_TYPES = Object.keys(CHANNELS) as [ChannelType, ...ChannelType[]];

export function isChannelType(text: unknown): text is ChannelType {
  return CHANNEL_TYPES.some((type) => type === text);
}

export function channelOf(type: ChannelType): Channel {
  return CHANNELS[type];
}
