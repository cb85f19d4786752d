/** What the looks of the cron decide by figures alone. */
import { describe, expect, it } from "vitest";
import { fallOf } from "../../src/watch/cache-share.ts";
import { isNewer, newestIn } from "../../src/watch/release.ts";

describe("what is decided without a relay", () => {
  const sums = (recent: boolean, key: string, input: number, cached: number) => ({
    ...{ key, account: "a", model: "m", recent, requests: 30, input, cached },
  });

  it("a fall is a new key's where that brought the input that is not cached", () => {
    const rows = [sums(false, "old", 1e6, 9e5), sums(true, "old", 1e6, 9e5), sums(true, "new", 1e6, 0)];
    expect(fallOf(rows)).toMatchObject({ percent: 45, before: 90, key: { id: "new", percent: 0, before: null } });
  });

  it("a fall of a few tokens, or of nothing before, says nothing", () => {
    expect(fallOf([sums(false, "k", 1e5, 9e4), sums(true, "k", 1e5, 0)])).toBeNull();
    expect(fallOf([sums(true, "k", 1e6, 0)])).toBeNull();
  });

  it("versions are compared by their numbers, and what is none is left out", () => {
    expect([isNewer("0.10.0", "0.9.9"), isNewer("1.0.0", "1.0.0"), isNewer("0.9.9", "0.10.0")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(newestIn({ tag_name: "v1.2.3", html_url: "javascript:alert(1)" })).toEqual({ version: "1.2.3", url: "" });
    for (const feed of [undefined, "x", [], {}, [{ tag_name: "nightly" }], { tag_name: "v2.0.0", draft: true }]) {
      expect(newestIn(feed)).toBeNull();
    }
  });
});
