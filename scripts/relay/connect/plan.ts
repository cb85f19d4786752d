/**
 * What a client's file should become: with our settings in it, or without them. Pure. A file that nobody has touched since becomes exactly
 * what it was, from its copy. From a file that somebody has changed, only our settings are removed.
 */
import { parse } from "../../../src/ground/json.ts";
import type { Result } from "../../../src/vocabulary.ts";
import type { ConfigurationFile } from "./clients/client.ts";
import { dotenvEditor } from "./formats/dotenv.ts";
import { type Editor, nameOf, type Owned } from "./formats/format.ts";
import { jsonEditor } from "./formats/json.ts";
import { tomlEditor } from "./formats/toml.ts";

const EDITORS: Record<ConfigurationFile["format"], Editor> = {
  json: jsonEditor,
  toml: tomlEditor,
  dotenv: dotenvEditor,
};

const UNREADABLE = {
  comments: "has comments, or a comma at the end of a list: the client reads nothing of such a file",
  commas: "has a comma at the end of a list: the client reads nothing of such a file",
};

/** What is recorded of a file while a client is connected. */
export interface OwnedFile {
  path: string;
  format: ConfigurationFile["format"];
  owned: Owned[];
  /** SHA-256 of what was written. */
  wrote: string;
  /** Permission bits that the file had; null: there was no file. */
  mode: number | null;
  /** The copy of the former file; null: there was none. */
  backup: string | null;
  /** Directories that were created for it, from the innermost outwards. */
  directories: string[];
}

export interface Without {
  /** Null: no file. */
  text: string | null;
  /** Whether nobody has changed the file since it was written. */
  untouched: boolean;
  /** Names of our settings that somebody has changed, and that stay as they are. */
  changed: string[];
}

/** `now`: the content of the file, null if it is gone; `before`: the content of its copy. */
export function withoutOurs(
  file: OwnedFile,
  now: { text: string; digest: string } | null,
  before: string | null,
): Result<Without, string> {
  if (now === null) return { ok: true, value: { text: null, untouched: false, changed: [] } };
  const copyIsThere = file.mode === null || before !== null;
  if (now.digest === file.wrote && copyIsThere)
    return { ok: true, value: { text: before, untouched: true, changed: [] } };
  const taken = EDITORS[file.format].takeOut(now.text, file.owned);
  if (!taken.ok) return { ok: false, refusal: `${file.path}, ${taken.refusal}` };
  const { text, changed } = taken.value;
  const nothingLeft = file.mode === null && text.trim() === "";
  return { ok: true, value: { text: nothingLeft ? null : text, untouched: false, changed: changed.map(nameOf) } };
}

/** `text`: null if there is no file. */
export function withOurs(
  path: string,
  { format, strict, settings }: ConfigurationFile,
  text: string | null,
): Result<{ text: string; owned: Owned[] }, string> {
  const merged = EDITORS[format].merge(text ?? "", settings);
  if (!merged.ok) return { ok: false, refusal: `${path}, ${merged.refusal}` };
  return strict && text && !isReadable(text, strict) ? { ok: false, refusal: `${path} ${UNREADABLE[strict]}` } : merged;
}

/** The text is JSON but for comments and commas. */
function isReadable(text: string, strict: NonNullable<ConfigurationFile["strict"]>): boolean {
  const json = (strict === "commas" ? text.replace(TOKEN, withoutComment) : text).replace(/^\uFEFF/, "").trim();
  return json === "" || parse(json) !== undefined;
}

/** A text, in which two slashes begin no comment, or a comment. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g;

function withoutComment(token: string): string {
  return token.startsWith('"') ? token : " ";
}
