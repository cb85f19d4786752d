import { describe, expect, test } from "vitest";
import { dotenvEditor } from "../../../../scripts/relay/connect/formats/dotenv.ts";
import type { Editor, Setting } from "../../../../scripts/relay/connect/formats/format.ts";
import { jsonEditor } from "../../../../scripts/relay/connect/formats/json.ts";
import { parseDocument, valueAt } from "../../../../scripts/relay/connect/formats/json-document.ts";
import { tomlEditor } from "../../../../scripts/relay/connect/formats/toml.ts";
import fc from "../../../fast-check.ts";
import { dotenvText, jsonText, tomlText } from "./documents.ts";

const JSON_SETTINGS: Setting[] = [
  { path: ["env", "ANTHROPIC_API_KEY"], value: null },
  { path: ["env", "ANTHROPIC_BASE_URL"], value: "https://relay.example.com/api" },
  { path: ["env", "ANTHROPIC_AUTH_TOKEN"], value: "cr_1" },
  { path: ["statusLine"], value: { type: "command", command: "edge-relay statusline" } },
  { path: ["theme"], value: null },
  { path: ["rows", { id: "custom:relay-0" }], value: { id: "custom:relay-0", apiKey: "cr_1" } },
];
const TOML_SETTINGS: Setting[] = [
  { path: ["model"], value: null },
  { path: ["model_provider"], value: "relay" },
  { path: ["model_providers", "relay", "base_url"], value: "https://relay.example.com/openai" },
  { path: ["model_providers", "relay", "auth"], value: { command: "sh", args: ["-c", "pass relay"] } },
];
const DOTENV_SETTINGS: Setting[] = [
  { path: ["D"], value: null },
  { path: ["GOOGLE_GEMINI_BASE_URL"], value: "https://relay.example.com/gemini" },
  { path: ["GEMINI_API_KEY"], value: "cr_1" },
];

/** What somebody else writes into the same file in the meantime. */
const JSON_EDITS: Setting[] = [
  { path: ["env", "OWN"], value: "1" },
  { path: ["permissions"], value: { allow: ["Bash"] } },
  { path: ["model"], value: "opus" },
  { path: ["list"], value: null },
];
const TOML_EDITS: Setting[] = [
  { path: ["approval"], value: "never" },
  { path: ["projects", "/home/me", "trust_level"], value: "trusted" },
  { path: ["notify"], value: null },
];
const DOTENV_EDITS: Setting[] = [
  { path: ["OWN"], value: "1" },
  { path: ["A"], value: null },
];

describe.each<[string, Editor, fc.Arbitrary<string>, Setting[], Setting[]]>([
  ["JSON", jsonEditor, jsonText, JSON_SETTINGS, JSON_EDITS],
  ["TOML", tomlEditor, tomlText, TOML_SETTINGS, TOML_EDITS],
  [".env", dotenvEditor, dotenvText, DOTENV_SETTINGS, DOTENV_EDITS],
])("%s", (_name, editor, texts, settings, edits) => {
  const some = fc.subarray(settings, { minLength: 1 });

  test("is byte for byte what it was when our settings are out again", () => {
    fc.assert(
      fc.property(texts, some, (text, ours) => {
        const merged = editor.merge(text, ours);
        if (!merged.ok) return;
        const out = editor.takeOut(merged.value.text, merged.value.owned);
        expect(out).toEqual({ ok: true, value: { text, changed: [] } });
      }),
      { numRuns: 1500 },
    );
  });

  test("has our settings, and a second time changes nothing", () => {
    fc.assert(
      fc.property(texts, some, (text, ours) => {
        const merged = editor.merge(text, ours);
        if (!merged.ok) return;
        expect(editor.merge(merged.value.text, ours)).toEqual({
          ok: true,
          value: { text: merged.value.text, owned: [] },
        });
      }),
      { numRuns: 500 },
    );
  });

  test("keeps what somebody has added meanwhile, as if ours had never been there", () => {
    fc.assert(
      fc.property(texts, some, fc.constantFrom(...edits.filter(({ value }) => value !== null)), (text, ours, edit) => {
        const merged = editor.merge(text, ours);
        if (!merged.ok) return;
        const theirs = editor.merge(merged.value.text, [edit]);
        const alone = editor.merge(text, [edit]);
        if (!theirs.ok || !alone.ok) return;
        const out = editor.takeOut(theirs.value.text, merged.value.owned);
        expect(out.ok && said(editor, out.value.text)).toEqual(said(editor, alone.value.text));
      }),
      { numRuns: 1500 },
    );
  });

  test("loses nothing more where somebody has taken something away meanwhile", () => {
    fc.assert(
      fc.property(texts, some, fc.constantFrom(...edits.filter(({ value }) => value === null)), (text, ours, edit) => {
        const merged = editor.merge(text, ours);
        if (!merged.ok) return;
        const theirs = editor.merge(merged.value.text, [edit]);
        const alone = editor.merge(text, [edit]);
        if (!theirs.ok || !alone.ok) return;
        const out = editor.takeOut(theirs.value.text, merged.value.owned);
        // Of a comment, or an empty line, nobody knows whether it belongs to what stands before it or behind it.
        const shown = (text: string) => (editor !== jsonEditor || /\/[/*]/.test(text) ? said(editor, text) : text);
        expect(out.ok && shown(out.value.text)).toEqual(shown(alone.value.text));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Values, and lines: where what was added stands, and how much space there is around it, depends on what was there then. */
function said(editor: Editor, text: string): unknown {
  if (editor !== jsonEditor)
    return text
      .split(/[\r\n]+/)
      .filter((line) => line !== "")
      .sort();
  const parsed = parseDocument(text);
  return parsed.ok && parsed.value ? valueAt(text, parsed.value) : text;
}
