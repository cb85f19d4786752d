import { describe, expect, test } from "vitest";
import type { HubBlock, HubMessage } from "../../../src/protocols/translate/hub.ts";
import { balanced } from "../../../src/protocols/translate/turns.ts";

const text = (words: string): HubBlock => ({ type: "text", text: words });
const call = (id: string): HubBlock => ({ type: "tool_use", id, name: "a", input: {} });
const result = (id: string, words = id): HubBlock => ({
  ...{ type: "tool_result", tool_use_id: id, is_error: false },
  content: [{ type: "text", text: words }],
});
const notRun = (id: string): HubBlock => ({
  ...{ type: "tool_result", tool_use_id: id, is_error: true },
  content: [{ type: "text", text: "No result: the call was not carried out." }],
});
const user = (...content: HubBlock[]): HubMessage => ({ role: "user", content });
const assistant = (...content: HubBlock[]): HubMessage => ({ role: "assistant", content });
const system = (...content: HubBlock[]): HubMessage => ({ role: "system", content });

describe("turns in balance", () => {
  test("stay the same list", () => {
    const turns = [user(text("a")), assistant(call("1"), call("2")), user(result("2"), result("1"), text("b"))];
    expect(balanced(turns)).toBe(turns);
    expect(balanced([])).toEqual([]);
  });

  test("have results directly behind their calls, before what else the user says", () => {
    const before = [assistant(call("1"), call("2")), user(text("b"), result("2")), user(result("1"), text("c"))];
    expect(balanced(before)).toEqual([
      assistant(call("1"), call("2")),
      user(result("1"), result("2"), text("b")),
      user(text("c")),
    ]);
  });

  test("have results before a system message that came between", () => {
    expect(balanced([assistant(call("1")), system(text("s")), user(result("1"))])).toEqual([
      assistant(call("1")),
      user(result("1")),
      system(text("s")),
    ]);
  });

  test("have one result per call: a call without one says so, and a second is text", () => {
    expect(balanced([assistant(call("1"), call("2")), user(result("1"), result("1", "again"))])).toEqual([
      assistant(call("1"), call("2")),
      user(result("1"), notRun("2"), text("Result of an earlier call:"), text("again")),
    ]);
  });

  test("have a result for a call at the very end, or before the assistant goes on", () => {
    expect(balanced([assistant(call("1"))])).toEqual([assistant(call("1")), user(notRun("1"))]);
    expect(balanced([assistant(call("1")), user(text("stop")), assistant(text("ok"))])).toEqual([
      assistant(call("1")),
      user(notRun("1"), text("stop")),
      assistant(text("ok")),
    ]);
  });

  test("take a result of no call for what the user says", () => {
    expect(balanced([user(result("1", "x"))])).toEqual([user(text("Result of an earlier call:"), text("x"))]);
    expect(balanced([user(result("1", "x"), text("b")), assistant(call("2")), user(result("2"))])[0]).toEqual(
      user(text("Result of an earlier call:"), text("x"), text("b")),
    );
  });

  test("have each id once: clients count their calls anew in each turn", () => {
    const turn = [assistant(call("call_0")), user(result("call_0", "x"))];
    expect(balanced([...turn, ...turn])).toEqual([...turn, assistant(call("call_0_2")), user(result("call_0_2", "x"))]);
    expect(balanced([assistant(call("1"), call("1"), call("1_2")), user(result("1", "a"), result("1", "b"))])).toEqual([
      assistant(call("1"), call("1_2"), call("1_2_2")),
      user(result("1", "a"), result("1_2", "b"), notRun("1_2_2")),
    ]);
  });

  test("take no longer than the conversation is", () => {
    const many = Array.from({ length: 50_000 }, () => call("1"));
    const results = Array.from({ length: 50_000 }, () => result("1"));
    expect(balanced([assistant(...many), user(...results)])[1]?.content.length).toBe(50_000);
  });
});
