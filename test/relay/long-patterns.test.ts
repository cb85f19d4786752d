/** Text that is long in just one way, which a careless pattern would look at for minutes, while nobody else is served. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { admin } from "../../src/admin/app.ts";
import { VOCABULARY } from "../../src/protocols/anthropic/peek.ts";
import { readMembers } from "../../src/protocols/members.ts";
import { sessionIn } from "../../src/protocols/session.ts";
import { authenticate } from "../../src/relay/authenticate.ts";
import { readForm } from "../../src/relay/form.ts";

const SPACE = " ".repeat(1_000_000);

test("a credential with a megabyte of space in it is no key, and nobody waits for that", async () => {
  const request = new Request("https://relay.test/", { headers: { authorization: `a${SPACE}b` } });
  const key = await authenticate(request, new URL(request.url), env);
  expect(key).toEqual({ ok: false, refusal: { reason: "key_invalid" } });
});

test("a session token with a megabyte of space before it is none, and nobody waits for that", async () => {
  const headers = { authorization: `Bearer${SPACE}a b` };
  expect((await admin.request("https://relay.test/admin/session", { headers }, env)).status).toBe(401);
});

test("a part of a form whose head is full of space is refused at once", () => {
  const head = `content-disposition:${" ".repeat(4_000)}\0`;
  const body = new TextEncoder().encode(`--b\r\n${head}\r\n\r\nx\r\n--b--`);
  expect(readForm(body, "multipart/form-data; boundary=b")).toMatchObject({
    ok: false,
    refusal: { reason: "form_malformed" },
  });
});

test("a user id that begins a session a hundred thousand times, and ends none, names none", () => {
  const metadata = { user_id: `${"_session_".repeat(100_000)}!` };
  const body = new TextEncoder().encode(JSON.stringify({ metadata }));
  const members = readMembers(body, VOCABULARY);
  if (!members.ok) throw new Error("it is sound");
  expect(sessionIn(members.value)).toBeNull();
});
