import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, createClient } from "../../admin/src/api.ts";
import { createSession } from "../../admin/src/session.ts";

/** A relay that knows one session at a time, and what it was asked to do. */
let signedIn: boolean;
let made: string[];

beforeEach(() => {
  signedIn = true;
  made = [];
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    const { pathname } = new URL(input);
    if (pathname === "/admin/login") {
      signedIn = JSON.parse(String(init?.body)).password === "right";
      return signedIn ? new Response(null, { status: 204 }) : named(refused(), input);
    }
    if (!signedIn) return named(refused(), input);
    if (pathname === "/admin/session") return Response.json({ username: "ada" });
    made.push(String(init?.body));
    return Response.json({}, { status: 201 });
  });
});

afterEach(() => vi.unstubAllGlobals());

const refused = () => Response.json({ error: { type: "authentication_error", message: "x" } }, { status: 401 });
/** A response of `fetch` says whose it is. */
const named = (response: Response, url: string) => Object.defineProperty(response, "url", { value: url });

async function opened(unsaved: boolean) {
  const client = createClient("http://relay.test", () => session.ended());
  const session = createSession(client, () => unsaved);
  await session.check();
  const save = () => ask(client.admin.groups.$post({ json: { name: "team" } }));
  return { session, save };
}

test("a session that ends over unsaved work leaves the page, and what was sent goes on after the same person's sign-in", async () => {
  const { session, save } = await opened(true);
  signedIn = false;
  const saving = save();
  await vi.waitFor(() => expect(session.state.value).toEqual({ is: "lapsed", username: "ada" }));
  expect((await session.signIn("ada", "wrong")).ok).toBe(false);
  expect(session.state.value.is).toBe("lapsed");
  expect(made).toEqual([]);
  expect((await session.signIn("ada", "right")).ok).toBe(true);
  expect((await saving).ok).toBe(true);
  expect(made).toEqual([JSON.stringify({ name: "team" })]);
});

test("what one person has sent is not sent for another who signs in over it", async () => {
  const { session, save } = await opened(true);
  signedIn = false;
  const saving = save();
  await vi.waitFor(() => expect(session.state.value.is).toBe("lapsed"));
  await session.signIn("bob", "right");
  expect(session.state.value).toEqual({ is: "signed-in", username: "bob" });
  expect((await saving).ok).toBe(false);
  expect(made).toEqual([]);
});

test("a session that ends where nothing is unsaved takes the page with it", async () => {
  const { session, save } = await opened(false);
  signedIn = false;
  expect((await save()).ok).toBe(false);
  expect(session.state.value).toEqual({ is: "signed-out", expired: true });
});
