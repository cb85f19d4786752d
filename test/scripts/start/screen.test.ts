import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Screen, screenText } from "../../../scripts/start/screen.ts";

const screen: Screen = {
  origin: "http://127.0.0.1:8787",
  username: "admin",
  password: "pa$$word",
  key: `cr_${"0f".repeat(32)}`,
  demo: true,
  gemini: false,
  notes: ["A note."],
  logFile: ".wrangler/dev.log",
};

const lineWith = (text: string, start: string) => text.split("\n").find((line) => line.startsWith(start)) ?? "";

describe("the screen of npm start", () => {
  it("shows the console, the sign-in, the key, the demo's honesty and the notes", () => {
    const text = screenText(screen, false);
    for (const part of [`${screen.origin}/web/`, "admin / pa$$word", screen.key, "demo upstream", "A note."]) {
      expect(text).toContain(part);
    }
    expect(screenText({ ...screen, demo: false }, false)).not.toContain("demo upstream");
  });

  it("prints a curl line that bash splits into a streaming Messages request", () => {
    const line = lineWith(screenText(screen, false), "curl ");
    const words = execFileSync("bash", ["-c", line.replace(/^curl /, "printf '%s\\n' ")], { encoding: "utf8" });
    const [flag, url, ...rest] = words.trimEnd().split("\n");
    expect([flag, url]).toEqual(["-N", "http://127.0.0.1:8787/api/v1/messages"]);
    expect(rest).toContain(`authorization: Bearer ${screen.key}`);
    expect(JSON.parse(rest.at(-1) ?? "")).toMatchObject({ model: "claude-sonnet-4-5", stream: true });
  });

  it("prints Claude Code's line always, and Gemini CLI's only where an account answers it", () => {
    const gemini = "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8787/gemini ";
    expect(lineWith(screenText(screen, false), "ANTHROPIC_BASE_URL=http://127.0.0.1:8787/api ")).toMatch(/ claude$/);
    expect(lineWith(screenText(screen, false), gemini)).toBe("");
    expect(lineWith(screenText({ ...screen, gemini: true }, false), gemini)).toMatch(/ gemini$/);
  });

  it("has no escape codes unless asked for, and none in the lines to paste", () => {
    expect(screenText(screen, false)).not.toContain("\x1b");
    expect(screenText(screen, true)).toContain("\x1b[1m");
    expect(lineWith(screenText(screen, true), "curl ")).not.toContain("\x1b");
  });
});
