/** The relays from which one can import. The one list: a new one is a converter beside this file, and a line here. Pure. */
import { parse } from "../../../src/ground/json.ts";
import { CLAUDE_PROXY, convertClaudeProxy, convertProxyEnv, isClaudeProxy, isProxyEnv } from "./claude-proxy.ts";
import { CRS, convertCrs, isCrs } from "./crs/convert.ts";
import type { Context, Draft } from "./draft.ts";
import { convertOneApi, oneApiRows, oneApiSql, whichOf } from "./one-api.ts";
import { isSqlDump } from "./sql.ts";
import { convertSub2api, isSub2api, SUB2API } from "./sub2api.ts";

type Converted = { ok: true; value: Draft } | { ok: false; refusal: string };

interface Source {
  /** Its name for `--from`. */
  name: string;
  /** Null: the text is none of its exports. `value`: the text parsed as JSON, undefined if it is none. */
  convert(text: string, value: unknown, context: Context): Converted | null;
}

const SOURCES: readonly Source[] = [
  { name: CRS, convert: (_, value, context) => (isCrs(value) ? convertCrs(value, context) : null) },
  { name: CLAUDE_PROXY, convert: (_, value) => (isClaudeProxy(value) ? done(convertClaudeProxy(value)) : null) },
  { name: `${CLAUDE_PROXY} .env`, convert: (text) => (isProxyEnv(text) ? done(convertProxyEnv(text)) : null) },
  { name: SUB2API, convert: (_, value, { now }) => (isSub2api(value) ? done(convertSub2api(value, now)) : null) },
  oneApi("one-api"),
  oneApi("new-api"),
];

export const SOURCE_NAMES = SOURCES.map(({ name }) => name);

/** Converts a file's text. Never throws. */
export function convert(text: string, context: Context): Converted {
  const { from } = context;
  const trimmed = text.replace(/^\ufeff/, "");
  const value = parse(trimmed);
  if (trimmed.trim() === "") return { ok: false, refusal: "is empty" };
  if (value === undefined && /^\s*[[{]/.test(trimmed))
    return { ok: false, refusal: "is broken off or damaged: it begins as JSON and is none" };
  for (const source of SOURCES) {
    if (from !== undefined && source.name !== from) continue;
    const converted = source.convert(trimmed, value, context);
    if (converted) return converted;
  }
  const known = from ?? `any of ${SOURCE_NAMES.join(", ")}`;
  return { ok: false, refusal: `is no export of ${known}` };
}

function done(value: Draft): Converted {
  return { ok: true, value };
}

/** The columns show which of the two it is. If somebody names one, that counts. */
function oneApi(name: "one-api" | "new-api"): Source {
  return {
    name,
    convert(text, value, { from }) {
      const rows = value === undefined && isSqlDump(text) ? oneApiSql(text) : oneApiRows(value);
      if (!rows || (from === undefined && whichOf(rows) !== name)) return null;
      return done(convertOneApi(rows, name));
    },
  };
}
