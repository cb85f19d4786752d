import { describe, expect, it } from "vitest";
import { readSettings } from "../../../scripts/start/settings.ts";

const read = (env: Record<string, string>, node = "24.0.0") => readSettings(env, "/checkout", node);

describe("settings of npm start", () => {
  it("defaults to port 8787 and the checkout's own state", () => {
    expect(read({})).toEqual({
      ok: true,
      value: {
        root: "/checkout",
        port: 8787,
        stateDir: "/checkout/.wrangler/state",
        logFile: "/checkout/.wrangler/dev.log",
        empty: false,
      },
    });
  });

  it("keeps state and log together in EDGE_RELAY_STATE", () => {
    const value = { stateDir: "/checkout/scratch", logFile: "/checkout/scratch/dev.log" };
    expect(read({ EDGE_RELAY_STATE: "scratch" })).toMatchObject({ value });
  });

  it("prepares nothing where EDGE_RELAY_EMPTY says so, and refuses what it does not understand", () => {
    expect(read({ EDGE_RELAY_EMPTY: "1" })).toMatchObject({ value: { empty: true } });
    expect(read({ EDGE_RELAY_EMPTY: "0" })).toMatchObject({ value: { empty: false } });
    expect(read({ EDGE_RELAY_EMPTY: "yes" })).toEqual({
      ok: false,
      refusal: 'EDGE_RELAY_EMPTY must be 0 or 1, not "yes".',
    });
  });

  it.each(["1", "8788", " 65535 "])("takes PORT %j", (PORT) => {
    expect(read({ PORT })).toMatchObject({ ok: true, value: { port: Number(PORT) } });
  });

  it.each(["0", "65536", "-1", "80.5", "1e3", "0x50", "http"])("refuses PORT %j in one line", (PORT) => {
    expect(read({ PORT })).toEqual({
      ok: false,
      refusal: `PORT must be a whole number from 1 to 65535, not "${PORT}".`,
    });
  });

  it("refuses a Node that cannot run TypeScript by itself", () => {
    expect([read({}, "20.19.0").ok, read({}, "22.17.1").ok, read({}, "22.18.0").ok]).toEqual([false, false, true]);
  });
});
