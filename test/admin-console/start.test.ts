import { describe, expect, test } from "vitest";
import { facesAt, stepAt } from "../../admin/src/pages/start/steps.ts";

describe("the way to a first request", () => {
  test("begins with an account, and with a key where there is one; which it is, is asked first", () => {
    expect(stepAt("/start", null)).toBeNull();
    expect(stepAt("/start", false)).toBe("account");
    expect(stepAt("/start", true)).toBe("key");
  });

  test("is as far as the address says, whatever there is", () => {
    expect(stepAt("/start/account", true)).toBe("account");
    expect(stepAt("/start/account/:kind", null)).toBe("account");
    expect(stepAt("/start/key", null)).toBe("key");
    expect(stepAt("/start/client/:id", null)).toBe("client");
  });

  test("has done what lies behind, and has a client and its request to do at once", () => {
    const at = (step: Parameters<typeof facesAt>[0]) =>
      Object.values(facesAt(step, { works: false, hasAccount: true })).join(" ");
    expect(at(null)).toBe("next later later later");
    expect(at("account")).toBe("next later later later");
    expect(at("key")).toBe("done next later later");
    expect(at("client")).toBe("done done next next");
  });

  test("has not done the step to an account that was passed by", () => {
    expect(facesAt("key", { works: false, hasAccount: false })).toMatchObject({ account: "later", key: "next" });
    expect(facesAt("key", { works: false, hasAccount: null })).toMatchObject({ account: "done" });
  });

  test("is done once a request has come through", () => {
    expect(new Set(Object.values(facesAt("client", { works: true, hasAccount: true })))).toEqual(new Set(["done"]));
  });
});
