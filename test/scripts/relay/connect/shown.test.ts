/** What people are shown of a client's file is what the command line writes where there is none, and what the docs say. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ConfigurationFile } from "../../../../scripts/relay/connect/clients/client.ts";
import { CLIENTS } from "../../../../scripts/relay/connect/clients/clients.ts";
import { shownFile } from "../../../../scripts/relay/connect/clients/shown-file.ts";
import { withOurs } from "../../../../scripts/relay/connect/plan.ts";

const wanted = {
  origin: "https://relay.example.com",
  key: { from: "file", key: "cr_1" },
  model: "some-model",
} as const;
const files = CLIENTS.flatMap(({ id, connects }) =>
  (connects?.files(wanted) ?? []).map((file): [string, ConfigurationFile] => [`${id}: ${file.paths[0]}`, file]),
);

test.each(files)("%s", (_name, file) => {
  const written = withOurs("", file, null);
  expect(written.ok && written.value.text.trimEnd()).toBe(shownFile(file).text);
});

describe("every client", () => {
  test("has a name of its own on the command line", () => {
    expect(new Set(CLIENTS.map(({ id }) => id)).size).toBe(CLIENTS.length);
  });

  test("is told the base that it is tried out with", () => {
    for (const { shown, base } of CLIENTS)
      expect(
        shown("https://relay.example.com", "cr_1")
          .map(({ text }) => text)
          .join("\n"),
      ).toContain(`https://relay.example.com${base}`);
  });
});

describe("docs/clients.md says what the console and the command line say", () => {
  const page = readFileSync(new URL("../../../../docs/clients.md", import.meta.url), "utf8");
  const shown = CLIENTS.filter(({ connects }) => connects).flatMap(({ id, shown }) =>
    shown("https://relay.example.com", "cr_...").map((snippet) => [id, snippet] as const),
  );
  // The key in a variable is said once, in words.
  const said = shown.filter(
    ([, { title, text }]) => title !== "apiKey" && !/^export (?:RELAY_KEY|ANTHROPIC_API_KEY)=/.test(text),
  );

  test.each(said)("%s: $title", (_id, { text }) => expect(page).toContain(text));
});
