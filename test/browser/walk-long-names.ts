/** Names of the greatest length that the relay accepts, as one unbreakable word: they are cut, and no page is wider than its window. */
import type { Page } from "playwright-core";
import { expect } from "./checks.ts";
import { RUN, SECTIONS, section, type Walk } from "./walk.ts";
import { send } from "./walk-keys.ts";

const LONGEST = 100;
const LONG = `${RUN}-${"W".repeat(LONGEST - RUN.length - 1)}`;
const WIDTHS = [1440, 1280, 1024, 390];

interface Made {
  account: string;
  group: string;
  key: string;
  secret: string;
  alias: string;
  template: string;
}

export async function bearLongNames({ page, checks, origin, upstream, shoot }: Walk): Promise<void> {
  await page.goto(`${origin}/web/`);
  const made = await makeLongNames(page, upstream);
  try {
    expect((await send(origin, made.secret, LONG)) === 200, "the request with a long model's name was refused");
    await section(page, "Requests");
    await page.getByRole("row").filter({ hasText: LONG }).first().waitFor({ timeout: 20_000 });
    for (const title of SECTIONS) {
      await checks.check(`${title} keeps names of ${LONGEST} letters within ${WIDTHS.join(", ")} px`, async () => {
        await section(page, title);
        await fitsIn(page);
      });
    }
    for (const [what, path] of [
      ["A key", `/keys/${made.key}`],
      ["A key's form", `/keys/${made.key}/edit`],
      ["An account", `/accounts/${made.account}`],
    ]) {
      await checks.check(`${what} keeps names of ${LONGEST} letters within ${WIDTHS.join(", ")} px`, async () => {
        await page.goto(`${origin}/web${path}`);
        await page.locator("main h1").first().waitFor();
        await fitsIn(page);
      });
    }
    await shoot("long-names");
  } finally {
    await page.setViewportSize({ width: 1280, height: 800 });
    // A page about a deleted thing would go on asking for it.
    await page.goto(`${origin}/web/`);
    await removeLongNames(page, made);
  }
}

/** Restores the width of the window afterwards. */
async function fitsIn(page: Page): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const excess = await page.evaluate(() => {
      // A drawer and a table scroll by themselves, but must not scroll sideways either.
      const inside = [document.documentElement, ...document.querySelectorAll(".drawer-body, .table")];
      return Math.max(...inside.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
    });
    expect(excess <= 0, `at ${width} px it is ${excess} px too wide`);
  }
  await page.setViewportSize(before);
}

/** Through the API, with the page's session. */
async function makeLongNames(page: Page, upstream: string): Promise<Made> {
  return page.evaluate(
    async ([name, base_url]) => {
      async function make(path: string, body: object): Promise<Record<string, string>> {
        const headers = { "content-type": "application/json" };
        const answer = await fetch(`/admin/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        return answer.json();
      }
      const mine = { name, owner: name };
      const account = await make("accounts", {
        ...{ ...mine, platform: "anthropic", kind: "api-key", base_url, api_key: name, note: name },
      });
      const group = await make("groups", { name, account_ids: [account.id] });
      const key = await make("api-keys", { ...mine, description: name, bound_group_id: group.id });
      const alias = await make("aliases", {
        name: `${name}-alias`,
        note: name,
        targets: [{ model: name, group: group.id }],
      });
      const template = await make("templates", { name, description: name, allowed_models: [name] });
      const id = (of: Record<string, string>) => of.id ?? "";
      return {
        ...{ account: id(account), group: id(group), key: id(key), secret: key.api_key ?? "" },
        ...{ alias: id(alias), template: id(template) },
      };
    },
    [LONG, upstream] as const,
  );
}

async function removeLongNames(page: Page, { account, group, key, alias, template }: Made): Promise<void> {
  const paths = [
    `aliases/${alias}`,
    `templates/${template}`,
    `api-keys/${key}`,
    `groups/${group}`,
    `accounts/${account}`,
  ];
  await page.evaluate(async (all) => {
    for (const path of all) await fetch(`/admin/${path}`, { method: "DELETE" });
  }, paths);
}
