/** The reader of AWS' event stream against the frames that AWS publishes with its SDKs (eventstream test vectors, Apache-2.0). */
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  BrokenEventStream,
  type EventMessage,
  EventStreamReader,
} from "../../../src/providers/bedrock/event-stream.ts";
import fc from "../../fast-check.ts";
import { frame, joined } from "./frames.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const FOO = "7b27666f6f273a27626172277d";
const VECTORS = {
  empty_message: hex("00000010 00000000 05c248eb 7d98c8ff"),
  int32_header: hex(`0000002b 0000000e 348bec7b 086576656e742d6964 04 0000a00c ${FOO} d3890285`),
  payload_no_headers: hex(`0000001d 00000000 fd528c5a ${FOO} c3653936`),
  payload_one_str_header: hex(
    `0000003d 00000020 07fd8396 0c636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e ${FOO} 8d9c08b1`,
  ),
};
const DAMAGED = {
  corrupted_headers: hex(
    `0000003d 00000020 07fd8396 0c636f6e74656e742b74797065 07 0010 6170706c69636174696f6e2f6a736f6e ${FOO} 8d9c08b1`,
  ),
  corrupted_header_len: hex(
    `0000003d 00000120 07fd8396 0c636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e ${FOO} 8d9c08b1`,
  ),
  corrupted_length: hex(`0100001d 00000000 fd528c5a ${FOO} c3653936`),
  corrupted_payload: hex(`0000001d 00000000 fd528c5a 7b27666f6f273a2762617227 8d c3653936`),
};
const JSON_HEADER = { "content-type": "application/json" };

/** What a reader makes of the pieces, payloads as text. */
function read(pieces: readonly Uint8Array[]): { headers: EventMessage["headers"]; payload: string }[] {
  const reader = new EventStreamReader();
  const messages = pieces.flatMap((piece) => reader.feed(piece));
  reader.end();
  return messages.map(({ headers, payload }) => ({ headers, payload: new TextDecoder().decode(payload) }));
}

describe("AWS' published frames", () => {
  test("are read as they say", () => {
    expect(read([VECTORS.empty_message])).toEqual([{ headers: {}, payload: "" }]);
    expect(read([VECTORS.int32_header])).toEqual([{ headers: {}, payload: "{'foo':'bar'}" }]);
    expect(read([VECTORS.payload_no_headers])).toEqual([{ headers: {}, payload: "{'foo':'bar'}" }]);
    expect(read([VECTORS.payload_one_str_header])).toEqual([{ headers: JSON_HEADER, payload: "{'foo':'bar'}" }]);
  });

  test("are the same in any cut of two, and byte by byte", () => {
    const stream = joined(Object.values(VECTORS));
    const whole = read([stream]);
    expect(whole).toHaveLength(4);
    for (let at = 0; at <= stream.length; at++) {
      expect(read([stream.slice(0, at), stream.slice(at)]), `cut at ${at}`).toEqual(whole);
    }
    expect(read([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test.each(Object.entries(DAMAGED))("%s is refused", (_, bytes) => {
    expect(() => read([bytes])).toThrow(BrokenEventStream);
    expect(() => read([...bytes].map((byte) => Uint8Array.of(byte)))).toThrow(BrokenEventStream);
  });

  test("are what the tests' own writer writes", () => {
    expect(frame({}, "")).toEqual(VECTORS.empty_message);
    expect(frame(JSON_HEADER, "{'foo':'bar'}")).toEqual(VECTORS.payload_one_str_header);
  });
});

test("a stream that ends within a message is no whole stream", () => {
  for (let length = 1; length < VECTORS.payload_one_str_header.length; length++) {
    expect(() => read([VECTORS.payload_one_str_header.slice(0, length)]), `${length} bytes`).toThrow(BrokenEventStream);
  }
});

test("a header of every type is passed over, and text is read behind it", () => {
  const values = [
    "00",
    "01",
    "0207",
    "030102",
    "0401020304",
    `05${"01".repeat(8)}`,
    "060002ffff",
    `08${"01".repeat(8)}`,
  ];
  const headers = [...values, `09${"ab".repeat(16)}`].map((value, at) =>
    hex(`02${Buffer.from(`h${at}`).toString("hex")}${value}`),
  );
  const text = hex("017407000161");
  const plain = frame({}, "");
  const written = joined([...headers, text]);
  // The writer knows headers of text alone, so the rest is put into one frame by hand.
  const bytes = new Uint8Array(plain.length + written.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, written.length);
  bytes.set(written, 12);
  expect(read([withChecks(bytes)])).toEqual([{ headers: { t: "a" }, payload: "" }]);
});

test("a header that is longer than its headers, or of no type, is refused", () => {
  for (const header of ["017407ffff61", "01740a", "ff74", "017406"]) {
    const written = hex(header);
    const bytes = new Uint8Array(16 + written.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length);
    view.setUint32(4, written.length);
    bytes.set(written, 12);
    expect(() => read([withChecks(bytes)]), header).toThrow();
  }
});

test("a length that no message has is refused at once, though its check is right", () => {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  for (const [total, headers] of [
    [0x7fffffff, 0],
    [15, 0],
    [40, 30],
    [0, 0],
  ] as const) {
    view.setUint32(0, total);
    view.setUint32(4, headers);
    expect(() => new EventStreamReader().feed(preludeChecked(bytes)), `${total}, ${headers}`).toThrow(
      BrokenEventStream,
    );
  }
});

test("whatever messages a stream has are read in whatever cut", () => {
  const message = fc.tuple(
    fc.dictionary(fc.stringMatching(/^[a-z:-]{1,20}$/), fc.string({ maxLength: 50 })),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(2_000), { maxLength: 8 }), (messages, cuts) => {
      const stream = joined(messages.map(([headers, payload]) => frame({ ...headers }, payload)));
      const places = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length];
      const pieces = places.slice(1).map((end, at) => stream.slice(places[at], end));
      const expected = messages.map(([headers, payload]) => ({ headers: { ...headers }, payload }));
      expect(read(pieces)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test("a message of a megabyte in small pieces is put together once", () => {
  const stream = frame({}, "x".repeat(1_000_000));
  const pieces = Array.from({ length: Math.ceil(stream.length / 1_000) }, (_, at) =>
    stream.slice(at * 1_000, at * 1_000 + 1_000),
  );
  expect(read(pieces)[0]?.payload).toHaveLength(1_000_000);
});

function preludeChecked(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(8, crc32(bytes.subarray(0, 8)));
  return bytes;
}

function withChecks(bytes: Uint8Array): Uint8Array {
  preludeChecked(bytes);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
}
