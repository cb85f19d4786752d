import { describe, expect, test } from "vitest";
import type { HubRequest } from "../../../../src/protocols/translate/hub.ts";
import { assistant, body, call, OPUS_5_5, OTHER, result, TOOL, text, user } from "./writing.ts";

/** Where the breakpoints are: of tools, of the instructions, and of which message. */
function marks(hub: Partial<HubRequest>, model = OPUS_5_5) {
  const { tools = [], system = [], messages } = body(hub, model) as Record<string, Record<string, unknown>[]>;
  const isMarked = (block: Record<string, unknown>) => "cache_control" in block;
  const inMessages = (messages ?? []).flatMap(({ content }, index) =>
    (content as Record<string, unknown>[]).some(isMarked) ? [index] : [],
  );
  return [tools.map(isMarked), system.map(isMarked), inMessages];
}

const SYSTEM = { system: [{ type: "text", text: "Be brief." } as const] };
const cached = { cache_control: { type: "ephemeral" } } as const;
const LOOP = [
  ...[user(text("a")), assistant(call("1")), user(result("1"))],
  ...[assistant(call("2")), user(result("2"), text("b"))],
];

describe("breakpoints of the prompt cache", () => {
  test("are behind the instructions and the last two messages of the user, for a client that has none", () => {
    expect(marks({ ...SYSTEM, tools: [TOOL], messages: LOOP })).toEqual([[false], [true], [2, 4]]);
    expect(marks({ tools: [TOOL, { ...TOOL, name: "b" }], messages: LOOP })).toEqual([[false, true], [], [2, 4]]);
  });

  test("are not behind a single question, whose cache nobody would read", () => {
    expect(marks(SYSTEM)).toEqual([[], [true], []]);
  });

  test("are the client's own where it has any", () => {
    const messages = [user({ ...text("a"), ...cached } as never), assistant(text("x")), user(text("b"))];
    expect(marks({ ...SYSTEM, messages })).toEqual([[], [false], [0]]);
  });

  // sub2api#176, GCMP#83
  test("are four at most: the first and the last ones", () => {
    const messages = [1, 2, 3, 4].flatMap((turn) => [
      user({ ...text(`${turn}`), ...cached } as never),
      assistant(text("x")),
    ]);
    const asked = {
      system: [{ type: "text", text: "s", ...cached } as const],
      tools: [{ ...TOOL, ...cached }],
      messages,
    };
    expect(marks({ ...asked, messages: [...messages, user(text("b"))] })).toEqual([[true], [true], [0, 6]]);
  });

  test("are none for another vendor's model", () => {
    expect(marks({ ...SYSTEM, tools: [TOOL], messages: LOOP }, OTHER)).toEqual([[false], [false], []]);
  });

  test("stay where they were: the older of two is where the request before ended", () => {
    const before = body({ ...SYSTEM, messages: LOOP.slice(0, 3) }).messages as unknown[];
    const after = body({ ...SYSTEM, messages: LOOP }).messages as unknown[];
    expect(after[2]).toEqual(before[2]);
  });
});
