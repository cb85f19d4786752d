/** What a walk sets up or removes besides what it looks at: through the admin API, with the page's session, as the console does. */
import type { Page } from "playwright-core";

/** The answer's body; null if it has none. Throws if the relay refuses. */
export async function administer(page: Page, method: string, path: string, body?: object): Promise<unknown> {
  return page.evaluate(
    async ([method, path, body]) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(path, { method, ...(body !== null && { headers, body }) });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
      return response.status === 204 ? null : response.json();
    },
    [method, path, body === undefined ? null : JSON.stringify(body)] as const,
  );
}

/** A key that is deleted after `use`. */
export async function withKey(
  page: Page,
  fields: { name: string } & Record<string, unknown>,
  use: (key: { id: string; secret: string }) => Promise<void>,
): Promise<void> {
  const made = (await administer(page, "POST", "/admin/api-keys", fields)) as { id: string; api_key: string };
  try {
    await use({ id: made.id, secret: made.api_key });
  } finally {
    await administer(page, "DELETE", `/admin/api-keys/${made.id}`);
  }
}
