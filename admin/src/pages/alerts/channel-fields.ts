/** A channel as a form: the fields of every kind, and those of each kind, under the paths by which the relay names them. Pure. */
import {
  type Choice,
  type Drafts,
  type Field,
  type Fields,
  flag,
  flagDraft,
  maybeEmpty,
  oneOf,
  secret,
  several,
  shownWhere,
  text,
  whole,
} from "../../form/field.ts";
import type { Channel, ChannelChange, ChannelInput, Meta } from "./channels.ts";
import { KINDS, words } from "./words.ts";

const CONFIG = "config.";
const MOST_PER_HOUR = 1_000;
const PER_HOUR = 30;

type ConfigName = keyof typeof words.fields;

const isKnown = (name: string): name is ConfigName => Object.hasOwn(words.fields, name);

/** The fields of a new channel, or of an existing one, whose kind cannot change. */
export function channelFields(meta: Meta, channel: Channel | null): Fields {
  const kinds = meta.channels.map(({ type }): Choice => [type, KINDS[type]]);
  const types = meta.types.map(({ type }): Choice => [type, words.types[type]]);
  const anew = { anew: flag({ label: words.anew, hint: words.anewWhat }) };
  return {
    name: text({ label: words.name, initial: channel?.name }),
    ...(channel === null ? { type: oneOf({ label: words.type }, kinds) } : anew),
    ...configFields(meta, channel),
    alerts: several(
      { label: words.alerts, initial: (channel?.alerts ?? types.map(([type]) => type)).join("\n") },
      types,
    ),
    recoveries: flag({ label: words.recoveries, initial: flagDraft(channel?.recoveries ?? true) }),
    max_per_hour: whole({ label: words.perHour, initial: String(channel?.max_per_hour ?? PER_HOUR) }, 1, MOST_PER_HOUR),
  };
}

function configFields(meta: Meta, channel: Channel | null): Fields {
  const names = new Set(meta.channels.flatMap(({ fields }) => fields.map(({ name }) => name)).filter(isKnown));
  return Object.fromEntries([...names].map((name) => [`${CONFIG}${name}`, configField(meta, channel, name)]));
}

/** One field for all kinds that have it. The relay says what is missing. */
function configField(meta: Meta, channel: Channel | null, name: ConfigName): Field<string | undefined> {
  const kindsWith = meta.channels.filter(({ fields }) => fields.some((field) => field.name === name));
  const isSecret = kindsWith.some(({ fields }) => fields.some((field) => field.name === name && field.secret));
  const hints: Partial<Record<ConfigName, string>> = {
    ...{ secret: words.hints.secret, server: words.hints.server, chat_id: words.hints.chat_id },
    ...(meta.email_bound ? {} : { from: words.hints.emailUnbound }),
  };
  const shown = channel?.shown[name];
  const asked = { label: words.fields[name], hint: hints[name], initial: isSecret ? "" : shown };
  const field = maybeEmpty((isSecret && name !== "url" ? secret : text)(asked));
  const applies = (drafts: Drafts) => {
    const type = channel?.type ?? drafts.type;
    const wanted = channel === null || drafts.anew === flagDraft(true);
    return wanted && kindsWith.some((kind) => kind.type === type);
  };
  // If only some kinds require it, the relay says which.
  const isOptional = kindsWith.every(({ fields }) =>
    fields.every((one) => one.name !== name || one.optional || one.preset),
  );
  return { ...shownWhere(applies, field), optional: isOptional };
}

/** The entered part of the configuration. */
export function configIn(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, string][] =>
      name.startsWith(CONFIG) && typeof value === "string" && value !== "" ? [[name.slice(CONFIG.length), value]] : [],
    ),
  );
}

/** The names of the fields that a test reads. */
export function testedFields(fields: Fields): string[] {
  return Object.keys(fields).filter((name) => name.startsWith(CONFIG) || name === "type");
}

/** What the API is sent. The types of the values are those of the fields above. */
export function newChannelOf(values: Readonly<Record<string, unknown>>): ChannelInput {
  const { name, type, alerts, recoveries, max_per_hour } = values;
  return { name, type, config: configIn(values), alerts, recoveries, max_per_hour } as ChannelInput;
}

export function changeOf(values: Readonly<Record<string, unknown>>): ChannelChange {
  const { name, alerts, recoveries, max_per_hour, anew } = values;
  return {
    name,
    alerts,
    recoveries,
    max_per_hour,
    ...(anew === true && { config: configIn(values) }),
  } as ChannelChange;
}
