/** A list as one CSV file, however many files the API makes of it. */
import { afterEach, expect, test, vi } from "vitest";
import { readWhole } from "../../admin/src/csv/whole-file.ts";

const HEAD = "id,model\r\n";
const asked: string[] = [];

/** An API that answers each cursor with a file, and names the next. */
function answering(files: Record<string, { body: string; next?: string; status?: number }>): void {
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const {
      body,
      next,
      status = 200,
    } = files[new URLSearchParams(path.split("?")[1]).get("cursor") ?? ""] ?? {
      body: "",
      status: 404,
    };
    return new Response(body, { status, headers: next ? { "x-next-cursor": next } : {} });
  });
}

afterEach(() => {
  asked.length = 0;
  vi.unstubAllGlobals();
});

const whole = (onLines = (_: number) => {}, signal = new AbortController().signal) =>
  readWhole("/admin/requests.csv", { model: "m" }, signal, onLines);

test("all files of a list become one, with one head, and lines are counted as they come", async () => {
  answering({
    "": { body: `${HEAD}5,m\r\n4,m\r\n`, next: "4" },
    // Far back there may be stretches without a line.
    "4": { body: HEAD, next: "3" },
    "3": { body: `${HEAD}1,m\r\n` },
  });
  const counts: number[] = [];
  const answer = await whole((count) => counts.push(count));
  expect(answer?.ok && (await answer.value.text())).toBe(`${HEAD}5,m\r\n4,m\r\n1,m\r\n`);
  expect(counts).toEqual([2, 2, 3]);
  expect(asked).toEqual(["", "&cursor=4", "&cursor=3"].map((more) => `/admin/requests.csv?model=m${more}`));
});

test("a file that breaks off is no file: the problem is told", async () => {
  const error = { error: { type: "invalid", message: "cursor is not a next_cursor of this list" } };
  answering({ "": { body: `${HEAD}5,m\r\n`, next: "4" }, "4": { body: JSON.stringify(error), status: 400 } });
  expect(await whole()).toMatchObject({ ok: false, problem: { status: 400, text: error.error.message } });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  expect(await whole()).toMatchObject({ ok: false, problem: { status: 0 } });
});

test("who stops it gets nothing, and no more is asked for", async () => {
  answering({ "": { body: `${HEAD}5,m\r\n`, next: "4" }, "4": { body: `${HEAD}4,m\r\n` } });
  const stop = new AbortController();
  expect(await whole(() => stop.abort(), stop.signal)).toBeNull();
  expect(asked).toHaveLength(2);
});
