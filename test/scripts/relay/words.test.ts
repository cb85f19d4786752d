/** What the command line prints and reads, by itself. */
import { Readable, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { configDirectory } from "../../../scripts/relay/config-directory.ts";
import { fieldsIn } from "../../../scripts/relay/fields.ts";
import { type Report, reportText } from "../../../scripts/relay/import/report.ts";
import { createOutput } from "../../../scripts/relay/output.ts";
import { type Paint, printable, tableText } from "../../../scripts/relay/table.ts";
import { timeIn } from "../../../scripts/relay/times.ts";

const plain: Paint = (_style, text) => text;

describe("a table", () => {
  test("stands in columns, also where letters are two columns wide, and ends no line in blanks", () => {
    const rows = [
      ["小明", 3],
      ["alice", null],
    ];
    expect(tableText(["name", "requests"], rows, plain)).toBe("name   requests\n小明   3\nalice  -");
  });

  test("is painted behind the padding, so that colours move nothing", () => {
    const paint: Paint = (style, text) => `<${style}>${text}</>`;
    expect(tableText(["a", "b"], [[{ text: "ok", style: "green" }, "x"]], paint)).toBe(
      "<bold>a</>   <bold>b</>\n<green>ok</>  x",
    );
  });

  test("lets no name steer the terminal", () => {
    const name = "a\x1b]0;owned\x07\x9b2J\r\n\u202eb";
    expect(tableText(["name"], [[name]], plain)).toBe("name\na\ufffd]0;owned\ufffd\ufffd2J\ufffd \ufffdb");
    expect(printable("two\nlines")).toBe("two\nlines");
  });
});

describe("what is printed", () => {
  const NAME = "a\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[8m\x9b2Jb\u202e";

  function printed(print: (output: ReturnType<typeof createOutput>) => void, json = false) {
    const texts = { out: "", err: "" };
    const into = (name: "out" | "err") =>
      Object.assign(
        new Writable({
          write(chunk, _encoding, done) {
            texts[name] += chunk;
            done();
          },
        }),
        { isTTY: true },
      );
    const { signal } = new AbortController();
    const around = { env: {}, platform: "linux" as const, home: "/", root: "/", now: Date.now, signal };
    print(createOutput({ ...around, stdin: Readable.from([]), stdout: into("out"), stderr: into("err") }, json));
    return texts;
  }

  test("lets no name of a file from elsewhere steer the terminal, whichever way it is printed", () => {
    const finding: Report["findings"][number] = {
      outcome: "left_out",
      what: "",
      reason: "no kind",
      of: [`key ${NAME}`],
    };
    const report: Report = { source: NAME, counts: [], findings: [finding], refused: [], needs: [] };
    const { out, err } = printed((output) => {
      const text = reportText(report, (heads, rows) => output.table(heads, rows));
      output.result(report, () => text);
      output.line(report, () => text);
      output.note(text);
      output.progress(NAME);
    });
    for (const text of [out, err.replaceAll("\r\x1b[2K", "")]) {
      expect(text).toContain("key a\ufffd]52;");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys is what is looked for
      expect(text.replace(/\x1b\[(?:1|22)m/g, "")).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    }
  });

  test("keeps its own colours", () => {
    const { out } = printed((output) => output.result(null, () => output.paint("green", "fine")));
    expect(out).toBe("\x1b[32mfine\x1b[39m\n");
  });

  test("is JSON of the same value, without a character that a terminal obeys", () => {
    const { out } = printed((output) => output.result({ NAME }, () => ""), true);
    expect(JSON.parse(out)).toEqual({ NAME });
    expect(out).not.toMatch(/[\x7f-\x9f\u202e]/);
  });
});

test("credentials lie where each platform keeps such things", () => {
  const at = (platform: NodeJS.Platform, env: Record<string, string> = {}) =>
    configDirectory({ env, platform, home: platform === "win32" ? "C:\\Users\\me" : "/home/me" });
  expect(at("linux")).toBe("/home/me/.config/edge-relay");
  expect(at("darwin")).toBe("/home/me/Library/Application Support/edge-relay");
  expect(at("win32")).toBe("C:\\Users\\me\\AppData\\Roaming\\edge-relay");
  expect(at("win32", { APPDATA: "D:\\Data" })).toBe("D:\\Data\\edge-relay");
  expect(at("linux", { XDG_CONFIG_HOME: "/etc/mine" })).toBe("/etc/mine/edge-relay");
  // The specification has a relative one ignored.
  expect(at("linux", { XDG_CONFIG_HOME: "mine" })).toBe("/home/me/.config/edge-relay");
});

test("fields are JSON where they can be, and else texts", () => {
  const pairs = [
    "enabled=false",
    "daily_cost_limit_usd=5",
    'tags=["a","b"]',
    "note=a=b",
    'description="12"',
    "name=null and void",
  ];
  expect(fieldsIn(pairs, ["expires_at"])).toEqual({
    ok: true,
    value: {
      enabled: false,
      daily_cost_limit_usd: 5,
      tags: ["a", "b"],
      note: "a=b",
      description: "12",
      name: "null and void",
      expires_at: null,
    },
  });
  expect(fieldsIn(["enabled"])).toMatchObject({ ok: false, refusal: { exit: "usage" } });
});

test("a time is a while ago, a day, or ISO 8601", () => {
  const now = Date.parse("2026-11-27T12:00:00Z");
  expect(timeIn("36h", now)).toEqual({ ok: true, value: "2026-11-26T00:00:00.000Z" });
  expect(timeIn("2w", now)).toEqual({ ok: true, value: "2026-11-13T12:00:00.000Z" });
  expect(timeIn("2026-11-01", now)).toEqual({ ok: true, value: "2026-11-01T00:00:00.000Z" });
  expect(timeIn("2026-11-01T08:00:00+08:00", now)).toEqual({ ok: true, value: "2026-11-01T00:00:00.000Z" });
  for (const none of ["yesterday", "7", "2026-13-01", "99999w"])
    expect(timeIn(none, now).ok, none).toBe(none === "99999w");
});
