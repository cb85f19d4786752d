/**
 * Model lists as each wire format writes them, and which names the accounts themselves know. Pure: asks nobody, and
 * leaves the upstream's own objects as they are.
 */
import type { ModelRules } from "../pool/models.ts";
import { array, object, parse } from "../protocols/json.ts";
import type { Protocol } from "../vocabulary.ts";

type Json = Record<string, unknown>;

/** The names that an account spells out, by its allow list or its mapping; patterns name nothing that could be listed. */
export function namedModels({ allowedModels, modelMapping }: ModelRules): string[] {
  const names = [...allowedModels, ...Object.keys(modelMapping)].filter((name) => !name.includes("*"));
  return [...new Set(names.map(withoutPrefix))];
}

/** An upstream's answer as a list, or null where it is none. */
export function readModelList(protocol: Protocol, text: string): Json | null {
  const list = object(parse(text));
  return list && Array.isArray(list[MEMBER[protocol]]) ? list : null;
}

/**
 * The list that a client gets: what `upstream` lists (null: nobody was asked), as far as `keeps` lets it, and `names`
 * that it lacks. Cursors stay the upstream's own while it has more pages.
 */
export function modelList(
  protocol: Protocol,
  upstream: Json | null,
  keeps: (id: string) => boolean,
  names: readonly string[],
): Json {
  const listed = array(upstream?.[MEMBER[protocol]]).filter((entry) => {
    const id = idOf(protocol, entry);
    return id !== null && keeps(id);
  });
  const known = new Set(listed.map((entry) => idOf(protocol, entry)));
  const added = [...new Set(names)].filter((name) => !known.has(name)).map((name) => modelObject(protocol, name));
  const models = [...listed, ...added].map((entry) => (protocol === "anthropic" ? described(entry) : entry));
  switch (protocol) {
    case "anthropic": {
      if (upstream?.has_more === true) return { ...upstream, data: models };
      const first_id = idOf(protocol, models[0]);
      const last_id = idOf(protocol, models.at(-1));
      return { ...upstream, data: models, has_more: false, first_id, last_id };
    }
    case "chat":
    case "responses":
      return { object: "list", ...upstream, data: models };
    case "gemini":
      return { ...upstream, models };
  }
}

/** What little can be said of a model that only an account's own rules name. */
export function modelObject(protocol: Protocol, id: string): Json {
  switch (protocol) {
    case "anthropic":
      // The API's own word for a release date that is not known is the epoch.
      return described({ type: "model", id, created_at: "1970-01-01T00:00:00Z" });
    case "chat":
    case "responses":
      return { id, object: "model", created: 0, owned_by: "edge-relay" };
    case "gemini":
      return { name: `models/${id}`, displayName: id, supportedGenerationMethods: ["generateContent", "countTokens"] };
  }
}

/** With what Claude Code's menu of models shows; an upstream's own words stay. */
function described(entry: unknown): Json {
  const model = object(entry) ?? {};
  const id = typeof model.id === "string" ? model.id : "";
  return {
    ...model,
    display_name: model.display_name || displayName(id),
    description: model.description || DESCRIPTION,
  };
}

/** Claude Code would say "From gateway". */
const DESCRIPTION = "Through Edge Relay";

/** `claude-sonnet-4-5-20250929` as it is called: Claude Sonnet 4.5. Other makers' names follow no rule. */
function displayName(id: string): string {
  if (!/^claude-[a-z0-9-]+$/.test(id)) return id;
  const words = id
    .replace(/-\d{8}$/, "")
    .replace(/(?<=\d)-(?=\d)/g, ".")
    .split("-");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

/** Where a list keeps its models. */
const MEMBER: Record<Protocol, "data" | "models"> = {
  anthropic: "data",
  chat: "data",
  responses: "data",
  gemini: "models",
};

function idOf(protocol: Protocol, entry: unknown): string | null {
  const model = object(entry);
  const id = protocol === "gemini" ? model?.name : model?.id;
  return typeof id === "string" ? withoutPrefix(id) : null;
}

/** Gemini's lists say `models/x` where its requests say `x`. */
function withoutPrefix(name: string): string {
  return name.replace(/^models\//, "");
}
