import { describe, expect, it } from "vitest";
import { parseDevVars, planSecrets, type Random } from "../../../scripts/start/dev-vars.ts";

const random: Random = { hex: (bytes) => "ab".repeat(bytes), password: (length) => "p".repeat(length) };
const LONG = "x".repeat(32);
const COMPLETE = `ADMIN_PASSWORD=password1\nJWT_SECRET=${LONG}\nENCRYPTION_KEY=${LONG}\nKEY_SECRET=${LONG}\n`;

const valuesOf = (text: string) => {
  const parsed = parseDevVars(text);
  return parsed.ok ? parsed.value : parsed.refusal;
};

describe("reading .dev.vars", () => {
  it("reads plain, quoted and exported values, and ignores comments and blank lines", () => {
    const text = `\uFEFF# head\r\n\r\nA=1\r\n  export B = two words # why\nC="a # b\\nc" # d\nD='x"y'\nE=\`q\`\nF=\n`;
    expect(valuesOf(text)).toEqual({ A: "1", B: "two words", C: "a # b\nc", D: 'x"y', E: "q", F: "" });
  });

  it("keeps $ and = in a value", () => {
    expect(valuesOf("A=$HOME=x==")).toEqual({ A: "$HOME=x==" });
  });

  it.each(["secret-without-a-name", 'A="never closed', "1A=x", "=x", "A='x' y"])(
    "refuses %j by its line number, without repeating it",
    (line) => {
      expect(valuesOf(`OK=1\n${line}\n`)).toBe(".dev.vars line 2 is not NAME=value.");
    },
  );
});

describe("completing the secrets", () => {
  it("makes all four where there is no file, and explains each", () => {
    const plan = planSecrets(null, {}, random);
    if (!plan.ok) throw new Error(plan.refusal);
    expect(plan.value.values).toEqual({
      ADMIN_PASSWORD: "p".repeat(20),
      JWT_SECRET: "ab".repeat(32),
      ENCRYPTION_KEY: "ab".repeat(32),
      KEY_SECRET: "ab".repeat(32),
    });
    expect(plan.value.addition.match(/^# /gm)).toHaveLength(5);
    expect(valuesOf(plan.value.addition)).toEqual(plan.value.values);
  });

  it("adds nothing to a complete file", () => {
    expect(planSecrets(COMPLETE, {}, random)).toMatchObject({ ok: true, value: { addition: "" } });
  });

  it("adds only what an older file lacks, on a line of its own", () => {
    const older = COMPLETE.replace(/KEY_SECRET=.*\n/, "").trimEnd();
    const plan = planSecrets(older, {}, random);
    if (!plan.ok) throw new Error(plan.refusal);
    expect(valuesOf(older + plan.value.addition)).toEqual(plan.value.values);
    expect(plan.value.addition).toMatch(/^\n# .*\nKEY_SECRET=(ab){32}\n$/);
  });

  it("lets the environment win over the file, for any name in it", () => {
    const env = { ADMIN_PASSWORD: "from-the-environment", TIMEZONE_OFFSET: "2" };
    const plan = planSecrets(`${COMPLETE}TIMEZONE_OFFSET=5\n`, env, random);
    expect(plan).toMatchObject({ ok: true, value: { values: env, addition: "" } });
  });

  it("needs no file when the environment has every secret", () => {
    const env = { ADMIN_PASSWORD: "password1", JWT_SECRET: LONG, ENCRYPTION_KEY: LONG, KEY_SECRET: LONG };
    expect(planSecrets(null, env, random)).toEqual({ ok: true, value: { values: env, addition: "" } });
  });

  it("takes an empty variable in the environment for none", () => {
    const plan = planSecrets(COMPLETE, { ADMIN_PASSWORD: "" }, random);
    expect(plan).toMatchObject({ ok: true, value: { values: { ADMIN_PASSWORD: "password1" } } });
  });

  it("refuses an empty and a short secret, naming where it is", () => {
    expect(planSecrets("ADMIN_PASSWORD=\n", {}, random)).toMatchObject({
      refusal: expect.stringContaining("ADMIN_PASSWORD in .dev.vars is empty"),
    });
    expect(planSecrets(COMPLETE, { KEY_SECRET: "short" }, random)).toMatchObject({
      refusal: "KEY_SECRET in the environment is too short: at least 32 characters are needed.",
    });
  });

  it("measures each part of a ring", () => {
    const ring = (part: string) => planSecrets(COMPLETE, { ENCRYPTION_KEY: `${LONG}, ${part}` }, random).ok;
    expect([ring(LONG), ring("short")]).toEqual([true, false]);
  });
});
