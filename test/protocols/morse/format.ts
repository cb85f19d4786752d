/**
 * A wire format that does not exist, in the form of a fifth format's folder: with other members, another envelope, another list. It only
 * fills in the type. Each of its parts differs from those of the four in its words.
 */
import { object, parse } from "../../../src/ground/json.ts";
import { memberRefused, vocabularyOf } from "../../../src/protocols/members.ts";
import { FALLBACK_MODELS, NOTHING_PEEKED, outputLimit } from "../../../src/protocols/peek.ts";
import { DataLines } from "../../../src/protocols/sse.ts";
import type { WireFormat } from "../../../src/protocols/wire.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";

/** `{key: "m", dashes: 10, live: true, operator: "…", wire: ["…"]}` */
export const MORSE: WireFormat = {
  VOCABULARY: vocabularyOf(["key", FALLBACK_MODELS, "dashes", "live", "operator", "wire"]),
  MODEL: "key",
  INSTRUCTIONS: [],
  CONVERSATION: ["wire"],
  modelName: (name) => name.toLowerCase(),
  sessionIn: (members) => (members.has("operator") ? String(members.value("operator")) : null),
  peek: ({ members }) => {
    const live = members.value("live") ?? false;
    if (typeof live !== "boolean") return memberRefused("live", "must be true or false");
    const limit = outputLimit([members.value("dashes")], {});
    return limit.ok ? { ok: true, value: { ...NOTHING_PEEKED, ...limit.value, stream: live } } : limit;
  },

  errorBody: ({ status, message }, requestId) => JSON.stringify({ sos: { status, message, requestId } }),
  REQUEST_ID_HEADER: "x-morse-id",
  errorEvent: (message) => `data: ${JSON.stringify({ sos: { message } })}\n\n`,
  errorIn: (text) => {
    const sos = object(object(parse(text))?.sos);
    return sos ? { status: Number(sos.status ?? 500), body: text } : null;
  },
  isPrelude: (data) => object(parse(data))?.ready === true,

  USAGE_MEMBERS: ["taps"],
  readWhole: ({ taps }) => ({
    usage: { ...NO_USAGE, output: Number(taps ?? 0) },
    mode: "standard",
    complete: true,
    errored: false,
    estimated: taps === undefined,
  }),
  streamMeter: () => {
    let output = 0;
    let complete = false;
    const lines = new DataLines((data) => {
      const event = object(parse(data));
      if (event?.tap) output++;
      if (event?.over) complete = true;
    });
    return {
      feed: (chunk) => lines.feed(chunk),
      end: () => {
        lines.end();
        return { usage: { ...NO_USAGE, output }, mode: "standard", complete, errored: false, estimated: !complete };
      },
    };
  },

  models: {
    MEMBER: "keys",
    CURSORS: ["from"],
    idOf: (entry) => entry?.key,
    nameOf: () => null,
    entryOf: (key) => ({ key }),
    listOf: (upstream, keys) => ({ ...upstream, keys }),
  },
  limits: {
    used: (allowances) => ({ "x-morse-left": allowances.map(({ limit, used }) => limit - used).join() }),
    reached: () => ({ "x-morse-left": "0" }),
  },
  countAnswer: (taps) => ({ taps }),
  check: {
    pathFor: (model) => `/morse/${model}`,
    bodyFor: (key) => ({ key, live: true, wire: ["CQ"] }),
    textOfEvent: ({ tap }) => ({ text: typeof tap === "string" ? tap : "", model: null }),
    textOfAnswer: ({ wire }) => (typeof wire === "string" ? { text: wire, model: null } : null),
  },
};
