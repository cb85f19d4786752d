/** The benchmark's arithmetic and its page, from made-up measurements. Nothing is started or timed here. */
import { describe, expect, it } from "vitest";
import { freePlan, minus, NO_COUNTS, per, plus } from "../../scripts/bench/counts.ts";
import { FINDINGS } from "../../scripts/bench/findings.ts";
import { deltaEvent, requestBody } from "../../scripts/bench/messages.ts";
import { laneLine, page, verdictOf, withTranslations } from "../../scripts/bench/report.ts";
import { type SideRound, summarise } from "../../scripts/bench/rounds.ts";
import { median, quantile, spreadOf } from "../../scripts/bench/statistics.ts";
import { requestsFor } from "../../scripts/bench/translation.ts";
import { CHAT, GEMINI, RESPONSES, responsesBody, wireStream } from "../../scripts/bench/wires.ts";

const side = (cpuMs: number | null, firstByteMs: number): SideRound => ({
  cpuMs,
  firstByteMs: [firstByteMs, firstByteMs * 3, firstByteMs / 2],
  firstTokenMs: [firstByteMs * 2, firstByteMs * 6, firstByteMs],
  totalMs: [firstByteMs * 10],
  pieces: 50,
});

const lane = { name: "50 events, c1", targets: { cpu: 2.5 } };

describe("statistics", () => {
  it("take the middle of an odd series and between the two middles of an even one", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("take a quantile in proportion between two neighbours", () => {
    expect(quantile([0, 100], 0.99)).toBe(99);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it("state the lowest and the highest beside the median", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
  });

  it("refuse an empty series", () => {
    expect(() => median([])).toThrow("No values");
  });
});

describe("a lane's summary", () => {
  it("compares the sides within each round and not across them", () => {
    // The machine is half as fast in the second round; the ratio does not move.
    const result = summarise(lane, [
      { base: side(1, 1), relay: side(2, 3) },
      { base: side(2, 2), relay: side(4, 6) },
    ]);
    expect(result.cpu).toEqual({ median: 2, low: 2, high: 2 });
    expect(result.firstByte.median).toBe(3);
    expect(result.firstToken.median).toBe(3);
    expect(result.relay.cpuMs).toBe(3);
  });

  it("has no CPU where one round could not be measured", () => {
    const result = summarise(lane, [{ base: side(null, 1), relay: side(2, 1) }]);
    expect(result.cpu).toBeNull();
    expect(laneLine(result)).toContain("needs Linux");
  });
});

describe("a round of a translation", () => {
  it("has requests for half a second of CPU at its cheapest side, within bounds", () => {
    expect(requestsFor([10, 5, 20])).toBe(100);
    expect(requestsFor([0.1, 5, 20])).toBe(200);
    expect(requestsFor([50, 60, 70])).toBe(40);
    expect(requestsFor([null, null, null])).toBe(40);
  });
});

describe("verdicts", () => {
  it("are of the figure as it is printed", () => {
    expect(verdictOf(1.804, 1.8)).toBe("PASS");
    expect(verdictOf(1.806, 1.8)).toBe("MISS");
    expect(verdictOf(99, undefined)).toBe("no target");
  });
});

describe("the free plan", () => {
  it("is bound by whatever runs out first", () => {
    expect(freePlan({ ...NO_COUNTS, objectRequests: 2, d1RowsWritten: 1.2 })).toEqual({
      requestsPerDay: 50_000,
      limit: "object requests",
    });
    expect(freePlan({ ...NO_COUNTS, objectRequests: 2, kvWrites: 0.1 }).limit).toBe("KV writes");
  });

  it("is bound by Worker requests where nothing else is used", () => {
    expect(freePlan(NO_COUNTS)).toEqual({ requestsPerDay: 100_000, limit: "Worker requests" });
  });

  it("counts what happened between two readings, per request", () => {
    const before = { ...NO_COUNTS, objectRequests: 4, alarms: 1 };
    const after = { ...NO_COUNTS, objectRequests: 10, alarms: 2 };
    expect(per(plus(minus(after, before), { ...NO_COUNTS, d1RowsRead: 3 }), 3)).toMatchObject({
      objectRequests: 2,
      alarms: 1 / 3,
      d1RowsRead: 1,
    });
  });
});

describe("the benchmarked conversation", () => {
  it("has text deltas of 110 to 150 bytes", () => {
    const sizes = Array.from({ length: 300 }, (_, index) => deltaEvent(index).length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(110);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(150);
  });

  it("is JSON of about the size asked for, with the model after the messages", () => {
    const body = requestBody(100_000, true).toString();
    expect(body.length).toBeGreaterThan(100_000);
    expect(body.length).toBeLessThan(110_000);
    expect(JSON.parse(body)).toMatchObject({ model: "claude-sonnet-4-5", stream: true });
    expect(body.lastIndexOf('"model":"claude')).toBeGreaterThan(100_000);
  });
});

describe("the other wire formats", () => {
  it("have a long conversation of about the size asked for, with the model after it", () => {
    const body = responsesBody(100_000).toString();
    expect(body.length).toBeGreaterThan(100_000);
    expect(body.length).toBeLessThan(110_000);
    expect(body.lastIndexOf('"model":"gpt')).toBeGreaterThan(100_000);
  });

  it.each([RESPONSES, CHAT, GEMINI])("stream as many events as are asked for: $path", ({ path }) => {
    const [pathname = ""] = path.split("?");
    expect(wireStream(`/${pathname}`, 300)).toHaveLength(300);
  });

  it("ask for prompts of about 4 kB, and chat for its usage", () => {
    for (const { body } of [RESPONSES, CHAT, GEMINI]) {
      expect(body.length).toBeGreaterThan(4_000);
      expect(body.length).toBeLessThan(5_000);
    }
    expect(JSON.parse(CHAT.body.toString())).toMatchObject({ stream_options: { include_usage: true } });
  });

  it("leave the path of Messages to its own events", () => {
    expect(wireStream("/v1/messages", 300)).toBeUndefined();
  });
});

describe("the page", () => {
  const result = summarise(lane, [{ base: side(1, 1), relay: side(2.6, 2) }]);
  const counts = { ...NO_COUNTS, objectRequests: 800, objectRowsWritten: 480, d1RowsWritten: 424 };
  const results = {
    machine: {
      cpu: "A CPU",
      cores: 2,
      memoryGb: 16,
      system: "linux 6",
      node: "24.0.0",
      workerd: "1.0.0",
      wrangler: "4.0.0",
      date: "2026-11-21T10:00:00.000Z",
    },
    rounds: 1,
    lanes: [result, { ...result, name: "another lane" }],
    pool: { ...result, name: "no stream, 50 accounts", targets: { cpu: 1.1 } },
    signIns: [{ ...result, name: "50 events, signed in", targets: { cpu: 1.1 } }],
    translation: [
      {
        name: "Messages → Chat, 300 events",
        targets: { parser: 1.5, addedMs: 2 },
        toParser: spreadOf([1.2, 1.6, 1.4]),
        toSame: spreadOf([4]),
        addedMs: spreadOf([2.5]),
        cpuMs: 21,
      },
    ],
    memory: [{ name: "one stream", raw: null, relay: null }],
    ledger: [
      {
        name: "busy",
        requests: 400,
        targets: { objectRequests: 2, d1RowsWritten: 1 },
        counts,
        perRequest: per(counts, 400),
      },
    ],
  };
  const text = page(results);

  it("puts the ratios before the absolute figures", () => {
    expect(text.indexOf("## Ratios to raw")).toBeGreaterThan(0);
    expect(text.indexOf("## Ratios to raw")).toBeLessThan(text.indexOf("## Absolute figures"));
  });

  it("says where a target is missed and where it is met", () => {
    expect(text).toContain("| 2.60× (2.60–2.60) | MISS (≤ 2.5×) |");
    expect(text).toContain("2.00 PASS (≤ 2)");
    expect(text).toContain("1.06 MISS (≤ 1)");
  });

  it("says of every missed target where the time goes, or that it is not known", () => {
    const lost = page({ ...results, lanes: [{ ...result, name: "50 events, c8" }] });
    expect(lost).toContain(`**50 events, c8.**\n${FINDINGS.get("50 events, c8")}`);
    expect(text).toContain("**another lane.**\nNot taken apart yet");
    const met = { ...result, targets: {} };
    expect(page({ ...results, lanes: [met], pool: met, signIns: [met] })).toContain("\n\nNone.");
  });

  it("puts a new section on translations in the place of the old one, and before the charges where there is none", () => {
    const { translation, machine } = results;
    expect(withTranslations(text, translation, machine)).toBe(text);
    const at = text.indexOf("## What a translation costs");
    const without = text.slice(0, at) + text.slice(text.indexOf("## What a relayed request is charged"));
    expect(withTranslations(without, translation, machine)).toBe(text);
  });

  it("compares a translation with a parser and with the same format", () => {
    expect(text).toContain(
      "| Messages → Chat, 300 events | 1.40× (1.20–1.60) | PASS (≤ 1.5×) | 4.00× (4.00–4.00) | 2.50 ms (2.50–2.50) MISS (≤ 2 ms) | 21.00 |",
    );
  });

  it("compares a sign-in with a key", () => {
    const whole = page(results);
    expect(whole).toMatch(/^\| 50 events, signed in \| .+ \(≤ 1\.10×\) \|/m);
    expect(whole).toMatch(/^\| 50 events, signed in \| key \|/m);
    expect(whole).toMatch(/^\| 50 events, signed in \| sign-in \|/m);
  });

  it("compares the larger pool with the smaller one", () => {
    expect(text).toContain("| no stream, 50 accounts | 2.60× (2.60–2.60) | MISS (≤ 1.10×) |");
    expect(text).toContain("| no stream, 50 accounts | 1 account |");
  });

  it("names the limit of the free plan that runs out first", () => {
    expect(text).toContain("50,000 (object requests)");
  });

  it("has as many cells in every row of a table as in its head", () => {
    for (const block of text.split("\n\n").filter((part) => part.startsWith("|"))) {
      const widths = block
        .trim()
        .split("\n")
        .map((row) => row.split("|").length);
      expect(new Set(widths).size).toBe(1);
    }
  });
});
