/** An alert in the operator's words. Pure. */
import { HOUR_MS } from "../ground/durations.ts";
import { ALERTS, type Alert, type AlertType } from "./alert.ts";
import { cut, type Message } from "./channels/channel.ts";
import type { Language } from "./settings.ts";
import { en } from "./texts/en.ts";
import type { Said, Texts } from "./texts/texts.ts";
import { zhCN } from "./texts/zh-cn.ts";

const TEXTS: Record<Language, Texts> = { en, "zh-CN": zhCN };

/** Names come from people, some of them from clients. */
const LONGEST_TITLE = 250;
const LONGEST_LINE = 500;

export interface Speech {
  language: Language;
  /** The relay's own offset from UTC. */
  offsetHours: number;
}

/** `attempt`: the number of this try, from 1; `unclear`: an earlier try may have arrived. */
export function messageOf(alert: Alert, speech: Speech, { attempt = 1, unclear = false } = {}): Message {
  const texts = TEXTS[speech.language];
  const said = sayingOf(texts, alert.type)(paramsOf(alert), (iso) => localTime(iso, speech.offsetHours));
  return {
    ...{ alert, attempt, level: ALERTS[alert.type].level },
    title: oneLine(titled(texts, said.title, alert.phase), LONGEST_TITLE),
    lines: [
      // Once the problem is over, what to do about it is not told again.
      ...(alert.phase === "recovered" ? [] : said.lines.map((line) => oneLine(line, LONGEST_LINE))),
      ...(unclear ? [texts.repeated] : []),
    ],
  };
}

/** The message with which a channel is tested. */
export function testMessage(channel: string, id: string, { language }: Speech, now: number): Message {
  const { title, lines } = TEXTS[language].test(channel);
  const alert = { id, time: now, type: "test", subject: "", phase: "raised", params: {} } as const;
  return { alert, level: "info", title, lines: lines.map((line) => oneLine(line, LONGEST_LINE)), attempt: 1 };
}

function titled(texts: Texts, title: string, phase: Alert["phase"]): string {
  if (phase === "raised") return title;
  return phase === "again" ? texts.again(title) : texts.over(title);
}

/** The parameters, with names that look like links made harmless: a client may choose a model's name, and readers trust an alert. */
function paramsOf(alert: Alert): Alert["params"] {
  if (alert.type === "model_unpriced") return { ...alert.params, model: unlinked(alert.params.model) };
  if (alert.type !== "cache_share_fell" || !alert.params.model) return alert.params;
  const { model } = alert.params;
  return { ...alert.params, model: { ...model, name: unlinked(model.name) } };
}

/** What looks like an address, or the name of a host. */
const LINK = /:\/\/|^www\.|\.\p{L}{2,}(?:[/:?#]|$)/iu;

/** A word joiner is invisible, and programs that make links of texts stop at it. */
function unlinked(name: string): string {
  return LINK.test(name) ? name.replace(/:(?=\/\/)|\.(?=\p{L})/gu, "\u2060$&") : name;
}

/** Each type of alert has words of its own, which take its parameters. */
function sayingOf(texts: Texts, type: AlertType) {
  return texts.say[type] as (params: Alert["params"], at: (iso: string) => string) => Said;
}

/** Removes what would begin a new line or is invisible. */
function oneLine(text: string, bytes: number): string {
  return cut(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "), bytes);
}

/** Such as `2026-11-27 14:05 UTC+8`. */
function localTime(iso: string, offsetHours: number): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return iso;
  const local = new Date(time + offsetHours * HOUR_MS).toISOString();
  const zone = offsetHours === 0 ? "UTC" : `UTC${offsetHours > 0 ? "+" : ""}${offsetHours}`;
  return `${local.slice(0, 10)} ${local.slice(11, 16)} ${zone}`;
}
