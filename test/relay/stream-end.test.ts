import { expect, test } from "vitest";
import { StreamEnd } from "../../src/relay/stream-end.ts";

const EVENT = "event: error\n\n";

test.each([
  ["nothing", "", EVENT],
  ["a whole event", "data: {}\n\n", EVENT],
  ["a whole event with line ends of two characters", "data: {}\r\n\r\n", EVENT],
  ["a data line without its blank line", 'data: {"a":1}\n', `\n${EVENT}`],
  ["such a line with a line end of two characters", "data: []\r\n", `\n${EVENT}`],
  ["another whole line", "event: ping\n", EVENT],
  ["the middle of a line", 'data: {"a', ""],
  ["a single character", "d", ""],
])("behind %s an event of the relay's own follows so that it is read alone, in any cut", (_, sent, followed) => {
  const bytes = new TextEncoder().encode(sent);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const end = new StreamEnd();
    end.observe(bytes.subarray(0, cut));
    end.observe(bytes.subarray(cut));
    expect(end.followedBy(EVENT)).toBe(followed);
  }
  const slowly = new StreamEnd();
  for (const byte of bytes) slowly.observe(Uint8Array.of(byte));
  expect(slowly.followedBy(EVENT)).toBe(followed);
});
