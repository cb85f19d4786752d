/** What a channel is: a way to tell people, in the exact form that its service requires. Pure: src/alerts/send.ts sends. */
import type { Alert, TypeRules } from "../alert.ts";

/** Used in place of an alert when a channel is tested. */
interface Test {
  id: string;
  time: number;
  type: "test";
  subject: "";
  phase: "raised";
  params: object;
}

/** An alert in words. */
export interface Message {
  alert: Alert | Test;
  level: TypeRules["level"];
  /** One line. */
  title: string;
  lines: readonly string[];
  /** The number of this try, from 1. */
  attempt: number;
}

/** A member of a channel's configuration. */
export interface ConfigField {
  name: string;
  /** `address`: where requests go; it is checked like a base URL. */
  kind: "address" | "text";
  secret: boolean;
  optional?: true;
  /** The default. */
  preset?: string;
  pattern?: RegExp;
  /** Whether an address may have a query: some services have their token there. */
  query?: true;
}

export type Config = Readonly<Record<string, string>>;

export type Outgoing =
  | { via: "http"; url: string; headers: Record<string, string>; body: string }
  | { via: "email"; from: string; to: string; subject: string; text: string };

/** What the service has answered; `body` is undefined if it is no JSON. */
export interface Answer {
  status: number;
  body: unknown;
  text: string;
  retryAfter: string | null;
}

/** `again` false: another try would be refused too. `afterMs`: how long the service asks to wait before the next try. */
export type Verdict = { ok: true } | { ok: false; again: boolean; afterMs: number | null; why: string };

export interface Channel {
  type: string;
  fields: readonly ConfigField[];
  /** The request that sends the message. `now` in milliseconds since the epoch. */
  outgoing(message: Message, config: Config, now: number): Outgoing | Promise<Outgoing>;
  /** Whether the service has accepted it. Several answer 200 when they have not. */
  verdict(answer: Answer): Verdict;
}

/** A request with a body of JSON. */
export function jsonRequest(url: string, body: unknown, headers: Record<string, string> = {}): Outgoing {
  return {
    ...{ via: "http", url, body: JSON.stringify(body) },
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  };
}

/** The longest beginning of a text with at most this many bytes of UTF-8. */
export function cut(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return text;
  const kept = new TextDecoder().decode(encoded.subarray(0, bytes - 3)).replace(/\uFFFD+$/, "");
  return `${kept}…`;
}

/**
 * A text for services that mention somebody for `<@userid>` or `<at …>` in it and have no way to escape that. An invisible word joiner
 * prevents the mention.
 */
export function unmentioning(text: string): string {
  return text.replace(/<(?=@|\/?at\b)/gi, "<\u2060");
}

/** Title and lines as one plain text. */
export function plain({ title, lines }: Pick<Message, "title" | "lines">): string {
  return [title, ...lines].join("\n");
}
