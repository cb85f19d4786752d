import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Screen, screenText } from "../../../scripts/start/screen.ts";

const KEY = `cr_${"0f".repeat(32)}`;

const screen: Screen = {
  origin: "http://127.0.0.1:8787",
  username: "admin",
  password: "pa$$word",
  key: KEY,
  demoFor: [{ title: "OpenAI", variable: "OPENAI_API_KEY" }],
  notes: ["A note."],
  ending: "Ctrl-C stops it. Log: .wrangler/dev.log",
};

const lineWith = (text: string, start: string) => text.split("\n").find((line) => line.startsWith(start)) ?? "";

describe("the screen of npm start", () => {
  it("shows the console, the sign-in, the key, the demo's honesty and the notes", () => {
    const text = screenText(screen, false);
    for (const part of [`${screen.origin}/web/`, "admin / pa$$word", KEY, "demo upstream", "A note."]) {
      expect(text).toContain(part);
    }
    expect(screenText({ ...screen, demoFor: [] }, false)).not.toContain("demo upstream");
  });

  it("shows no key and no lines to paste where there is no key", () => {
    const text = screenText({ ...screen, key: null, demoFor: [] }, false);
    expect(text).toContain(`${screen.origin}/web/`);
    expect(text).not.toMatch(/curl|null|Key /);
  });

  it("prints a curl line that bash splits into a streaming Messages request", () => {
    const line = lineWith(screenText(screen, false), "curl ");
    const words = execFileSync("bash", ["-c", line.replace(/^curl /, "printf '%s\\n' ")], { encoding: "utf8" });
    const [flag, url, ...rest] = words.trimEnd().split("\n");
    expect([flag, url]).toEqual(["-N", "http://127.0.0.1:8787/api/v1/messages"]);
    expect(rest).toContain(`authorization: Bearer ${KEY}`);
    expect(JSON.parse(rest.at(-1) ?? "")).toMatchObject({ model: "claude-sonnet-4-5", stream: true });
  });

  it("says which platforms the demo answers for, and with which variables it would not", () => {
    const gemini = { title: "Gemini", variable: "GEMINI_API_KEY" };
    const text = screenText({ ...screen, demoFor: [...screen.demoFor, gemini] }, false);
    expect(text).toContain("demo upstream, not by a model: OpenAI, Gemini.\n");
    expect(text).toContain("OPENAI_API_KEY or GEMINI_API_KEY.\n");
  });

  it("says that the password is one's own where it is not known", () => {
    expect(screenText({ ...screen, password: null }, false)).toContain("Sign in  admin / your password");
  });

  it("prints the lines of Claude Code and Gemini CLI", () => {
    const text = screenText(screen, false);
    expect(lineWith(text, "ANTHROPIC_BASE_URL=http://127.0.0.1:8787/api ")).toMatch(/ claude$/);
    expect(lineWith(text, "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8787/gemini ")).toMatch(/ gemini$/);
    expect(text).toContain("press Enter twice");
  });

  it("prints a Codex line that bash leaves whole: a provider of the relay's own, with the key in the environment", () => {
    const line = lineWith(screenText(screen, false), "RELAY_KEY=");
    const script = `codex() { printf '%s\\n' "$RELAY_KEY" "$@"; }; ${line}`;
    const [key, ...words] = execFileSync("bash", ["-c", script], { encoding: "utf8" }).trimEnd().split("\n");
    expect(key).toBe(KEY);
    expect(words).toEqual([
      "-c",
      "model_provider=relay",
      "-c",
      'model_providers.relay={name="relay",base_url="http://127.0.0.1:8787/openai",wire_api="responses",env_key="RELAY_KEY"}',
    ]);
  });

  it("has no escape codes unless asked for, and none in the lines to paste", () => {
    expect(screenText(screen, false)).not.toContain("\x1b");
    expect(screenText(screen, true)).toContain("\x1b[1m");
    for (const start of ["curl ", "ANTHROPIC_", "RELAY_", "GOOGLE_"]) {
      expect(lineWith(screenText(screen, true), start)).not.toBe("");
      expect(lineWith(screenText(screen, true), start)).not.toContain("\x1b");
    }
  });
});
