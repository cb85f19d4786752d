/** The start script's access to the relay: the same admin API that everybody uses, signed in with the admin's password. */
import type { Page } from "../../src/admin/api/paging.ts";
import type { Result } from "../../src/vocabulary.ts";

export interface ApiFault {
  status: number;
  message: string;
}

export interface AdminApi {
  get<Answer>(path: string): Promise<Result<Answer, ApiFault>>;
  post<Answer>(path: string, body: unknown): Promise<Result<Answer, ApiFault>>;
  patch<Answer>(path: string, body: unknown): Promise<Result<Answer, ApiFault>>;
  /** Every item of a list, page by page. `path` may have a query. */
  all<Item>(path: string): Promise<Result<Item[], ApiFault>>;
}

const LARGEST_PAGE = 200;

/** Signs in at `origin`. */
export async function signIn(origin: string, username: string, password: string): Promise<Result<AdminApi, ApiFault>> {
  const login = await call<{ access_token: string }>(`${origin}/admin/login`, "POST", {}, { username, password });
  if (!login.ok) return login;
  const headers = { authorization: `Bearer ${login.value.access_token}` };

  const get = <Answer>(path: string) => call<Answer>(`${origin}/admin${path}`, "GET", headers);
  return {
    ok: true,
    value: {
      get,
      post: (path, body) => call(`${origin}/admin${path}`, "POST", headers, body),
      patch: (path, body) => call(`${origin}/admin${path}`, "PATCH", headers, body),
      async all<Item>(path: string) {
        const items: Item[] = [];
        const first = `${path}${path.includes("?") ? "&" : "?"}limit=${LARGEST_PAGE}`;
        for (let cursor: string | null = ""; cursor !== null; ) {
          const page: Result<Page<Item>, ApiFault> = await get(
            cursor ? `${first}&cursor=${encodeURIComponent(cursor)}` : first,
          );
          if (!page.ok) return page;
          items.push(...page.value.items);
          cursor = page.value.next_cursor;
        }
        return { ok: true, value: items };
      },
    },
  };
}

async function call<Answer>(
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Result<Answer, ApiFault>> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return { ok: true, value: JSON.parse(text) as Answer };
    return { ok: false, refusal: { status: response.status, message: messageIn(text) } };
  } catch (error) {
    return { ok: false, refusal: { status: 0, message: error instanceof Error ? error.message : String(error) } };
  }
}

function messageIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // Not our envelope, so the text itself is all there is.
  }
  return text.slice(0, 200);
}
