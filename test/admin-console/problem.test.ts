import { expect, test } from "vitest";
import { beyondFields, problemFrom } from "../../admin/src/problem.ts";

const none = new Headers();
const envelope = (message: string, details?: unknown) => ({ error: { type: "x", message, details } });

test("shows the relay's own sentence for a refusal", () => {
  expect(problemFrom(409, none, envelope("That name is taken"))).toEqual({
    status: 409,
    text: "That name is taken",
    fields: {},
  });
});

test("puts messages beside the fields that they name", () => {
  const details = [
    { field: "base_url", message: "must not be a private address" },
    { field: "", message: "the body as a whole" },
    { field: 7, message: "not a name" },
    null,
  ];
  expect(problemFrom(400, none, envelope("base_url: …", details)).fields).toEqual({
    base_url: "Must not be a private address",
  });
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

test("a problem that a form shows field by field is not said twice", () => {
  const problem = problemFrom(400, none, envelope("m", [{ field: "name", message: "too long" }]));
  expect(beyondFields(problem, ["name", "base_url"])).toBeNull();
  expect(beyondFields(problem, ["base_url"])).toBe(problem);
  const whole = problemFrom(409, none, envelope("taken"));
  expect(beyondFields(whole, ["name"])).toBe(whole);
});
