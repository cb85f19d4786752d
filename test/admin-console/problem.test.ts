import { describe, expect, test } from "vitest";
import { textOf } from "../../admin/src/form/problem.ts";
import { en } from "../../admin/src/locale/en.ts";
import { zhCN } from "../../admin/src/locale/zh-cn.ts";
import { problemFrom } from "../../admin/src/problem.ts";
import { FIELD_CODES } from "../../src/admin/api/refusal.ts";

const none = new Headers();
const envelope = (message: string, details?: unknown) => ({ error: { type: "x", message, details } });

test("shows the relay's own sentence for a refusal", () => {
  expect(problemFrom(409, none, envelope("That name is taken"))).toEqual({
    status: 409,
    text: "That name is taken",
    fields: [],
  });
});

test("keeps what is wrong with which field, and nothing that is no such thing", () => {
  const details = [
    { field: "base_url", message: "must not be a private address", code: "invalid" },
    { field: "name", message: "Too big", code: "too_long", limit: 100, surprise: 1 },
    { field: "note", message: "no code", code: 7, limit: "8" },
    { field: "", message: "the body as a whole" },
    { field: 7, message: "not a name" },
    null,
  ];
  expect(problemFrom(400, none, envelope("base_url: …", details)).fields).toEqual([
    { field: "base_url", message: "must not be a private address", code: "invalid" },
    { field: "name", message: "Too big", code: "too_long", limit: 100 },
    { field: "note", message: "no code" },
    { field: "", message: "the body as a whole" },
  ]);
});

test("says how long to wait when there were too many attempts", () => {
  const text = (seconds: string) => problemFrom(429, new Headers({ "retry-after": seconds }), envelope("slow")).text;
  expect(text("60")).toContain("60 seconds");
  expect(text("1")).toContain("1 second.");
  expect(text("Wed, 21 Oct 2026 07:28:00 GMT")).toContain("Wait a minute");
  expect(problemFrom(429, none, null).text).toContain("Wait a minute");
});

test("names the log entry, not the inside, when the relay failed", () => {
  const problem = problemFrom(500, new Headers({ "x-request-id": "req_1" }), envelope("D1_ERROR: no such table"));
  expect(problem.text).toContain("req_1");
  expect(problem.text).not.toContain("D1_ERROR");
});

test("shows what is missing when the relay is not configured", () => {
  expect(problemFrom(503, none, envelope("ADMIN_PASSWORD is not set")).text).toBe("ADMIN_PASSWORD is not set");
});

test.each([null, undefined, "text", 7, [], {}, { error: "text" }, { error: { message: "" } }])(
  "has a sentence for the unreadable body %j",
  (body) => {
    expect(problemFrom(400, none, body).text).not.toBe("");
  },
);

describe("what is wrong with a field", () => {
  test("is said by its code, with its bound", () => {
    expect(textOf({ field: "name", message: "zod's own words", code: "too_long", limit: 100 })).toBe(
      "Enter at most 100 characters.",
    );
  });

  test("is said in the relay's words where the code says no more than that it is wrong, or is new to the console", () => {
    const message = "must not be a private address";
    for (const code of ["invalid", "wrong_format", "code_of_next_year", "constructor", undefined]) {
      expect(textOf({ field: "base_url", message, code })).toBe("Must not be a private address");
    }
  });

  test("has a sentence for every code of the API, in each language", () => {
    for (const code of FIELD_CODES) {
      expect(Object.keys(en.form.problems)).toContain(code);
      expect(Object.keys(zhCN.form.problems)).toContain(code);
    }
  });
});
