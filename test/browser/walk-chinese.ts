/** Every page, drawer and form in Chinese: none has an English sentence. */
import type { Page } from "playwright-core";
import { administer, withKey } from "./administer.ts";
import { expect } from "./checks.ts";
import { foreignWords } from "./foreign-words.ts";
import { RUN, type Walk } from "./walk.ts";
import { send } from "./walk-keys.ts";

const MADE = `chinese ${RUN}`;
const TAG = "night";
/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";

interface Item {
  id: string;
  name: string;
}

interface Named {
  name?: string;
  description?: string;
  owner?: string;
  detail?: { name?: string } | null;
}

export async function readInChinese({
  page: signedIn,
  watch,
  checks,
  origin,
  username,
  shootPage,
}: Walk): Promise<void> {
  const browser = signedIn.context().browser();
  if (browser === null) throw new Error("there is no browser");
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN" });
  await watch.begin(context, origin);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const ours: string[] = [...(await namesOf(signedIn)), MADE, username, TAG];
  // Providers whose settings are missing, or that cannot be reached from here, say so.
  watch.troubled.add(page);

  async function isChinese(what: string): Promise<void> {
    const found = await foreignWords(page, ours);
    expect(found.length === 0, `${what}: ${found.join(" | ")}`);
  }

  /** Unfolds everything first. */
  async function opens(path: string, what = path): Promise<void> {
    await checks.check(`${what} is in Chinese`, async () => {
      await page.goto(`${origin}/web${path}`);
      await page.locator("main h1, dialog h2").first().waitFor();
      await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
      await page.waitForLoadState("networkidle");
      await page.evaluate(() => {
        for (const folded of document.querySelectorAll("details")) folded.open = true;
      });
      await isChinese(what);
    });
  }

  try {
    await checks.check("the sign-in is in Chinese, and a wrong password too", async () => {
      await page.goto(`${origin}/web/`);
      await page.getByLabel("用户名").fill("nobody");
      await page.getByLabel("密码").fill("not the password");
      await page.getByRole("button", { name: "登录" }).click();
      await page.getByRole("alert").waitFor();
      await isChinese("the sign-in");
    });
    await context.addCookies(await signedIn.context().cookies());

    await withKey(signedIn, { name: MADE, daily_cost_limit_usd: "5", tags: [TAG] }, async ({ id: key, secret }) => {
      await send(origin, secret);
      const things = await makeThings(signedIn);
      try {
        const requests = (await administer(signedIn, "GET", `/admin/requests?key_id=${key}&limit=1`)) as {
          items: Item[];
        };
        const audit = (await administer(signedIn, "GET", "/admin/audit?limit=1")) as { items: Item[] };
        const meta = (await administer(signedIn, "GET", "/admin/meta")) as {
          kinds: { platform: string; kind: string }[];
        };
        for (const path of [
          ...[
            "/",
            "/requests",
            "/requests/refused",
            "/keys",
            "/accounts",
            "/groups",
            "/aliases",
            "/templates",
            "/prices",
          ],
          ...["/audit", "/settings", "/who-serves", `/who-serves?key=${key}&model=claude-haiku-4-5`, "/nowhere/at/all"],
          ...["/start/account", "/start/key", `/start/client/${key}`, "/keys/new", "/accounts/new", "/groups/new"],
          ...["/aliases/new", "/templates/new", "/prices/claude-haiku-4-5"],
        ]) {
          await opens(path, path.replace(key, "a key"));
        }
        await opens(`/requests/${requests.items[0]?.id}`, "a request");
        await opens(`/audit/${audit.items[0]?.id}`, "an entry of the audit trail");
        await opens(`/keys/${key}`, "a key");
        await opens(`/keys/${key}/edit`, "a key's form");
        await opens(`/accounts/${things.account}`, "an account");
        await opens(`/accounts/${things.account}/edit`, "an account's form");
        await opens(`/groups/${things.group}`, "a group's form");
        await opens(`/aliases/${things.alias}`, "an alias's form");
        await opens(`/templates/${things.template}`, "a template's form");
        await checks.check("what a test of an account shows is in Chinese", async () => {
          await page.goto(`${origin}/web/accounts/${things.account}`);
          await page.getByRole("button", { name: "立即测试" }).click();
          await page.getByText("无法连接").first().waitFor();
          await page.getByRole("button", { name: "立即测试" }).waitFor();
          await isChinese("a test");
          await shootPage(page, "chinese-account");
        });
        await checks.check("the palette, a menu, a question and what was just done are in Chinese", async () => {
          await page.goto(`${origin}/web/keys`);
          await page.getByRole("button", { name: `操作: ${MADE}` }).click();
          await isChinese("a menu");
          await page.getByRole("button", { name: `停用: ${MADE}` }).click();
          await page.getByRole("button", { name: "撤销" }).waitFor();
          await page.getByRole("checkbox", { name: `选择 ${MADE}` }).check();
          await isChinese("what was just done, and what can be done to many");
          await page.keyboard.press("ControlOrMeta+k");
          await page.getByRole("dialog").getByRole("combobox").waitFor();
          await isChinese("the palette");
          await page.keyboard.press("Escape");
          await page.goto(`${origin}/web/templates`);
          await page.getByRole("button", { name: `操作: ${MADE}` }).click();
          await page.getByRole("button", { name: `删除: ${MADE}` }).click();
          await page.getByRole("dialog").waitFor();
          await isChinese("a question");
        });
        await checks.check("what is wrong with a form is in Chinese", async () => {
          await page.goto(`${origin}/web/keys/new`);
          await page.getByRole("button", { name: "创建密钥" }).click();
          await page.getByText("请填写此项").waitFor();
          await isChinese("a form's problems");
          await page.getByRole("textbox", { name: "名称" }).fill(MADE);
          await page.getByText("模型、客户端与账号", { exact: true }).click();
          await page.getByRole("textbox", { name: "允许的 IP 地址" }).fill("nowhere");
          await page.getByRole("button", { name: "创建密钥" }).click();
          await page.getByText("应为 IPv4、IPv6 地址或 CIDR 网段").waitFor();
          await isChinese("what the relay says of a field");
          await page.goto(`${origin}/web/requests/req_unknown`);
          await page.getByRole("alert").waitFor();
          await isChinese("a request that is not there");
        });
        for (const { platform, kind } of meta.kinds) await opens(`/accounts/new/${platform}.${kind}`);
      } finally {
        await removeThings(signedIn, things);
      }
    });
    await shootPage(page, "chinese");
  } finally {
    await context.close();
  }
}

interface Things {
  account: string;
  group: string;
  alias: string;
  template: string;
}

/** All names that people have chosen, including those of deleted things; long names first. */
async function namesOf(page: Page): Promise<string[]> {
  const names = new Set<string>();
  for (const list of ["api-keys?status=all&", "api-keys?status=deleted&", "accounts?", "audit?"]) {
    const { items } = (await administer(page, "GET", `/admin/${list}limit=200`)) as { items: Named[] };
    for (const { name, description, owner, detail } of items) {
      for (const text of [name, description, owner, detail?.name]) if (text) names.add(text);
    }
  }
  return [...names].sort((left, right) => right.length - left.length);
}

/** Creates one of each, and an account that does not work, so that its error can be read. */
async function makeThings(page: Page): Promise<Things> {
  const made = async (path: string, body: object) => ((await administer(page, "POST", path, body)) as Item).id;
  const account = await made("/admin/accounts", {
    ...{ name: MADE, platform: "anthropic", kind: "api-key", base_url: NOWHERE, api_key: "sk-chinese", priority: 999 },
  });
  await administer(page, "POST", `/admin/accounts/${account}/test?stream=false`, {});
  const group = await made("/admin/groups", { name: MADE, account_ids: [account] });
  const targets = [{ model: "claude-haiku-4-5", group }];
  const alias = await made("/admin/aliases", { name: MADE.replace(" ", "-"), targets });
  const template = await made("/admin/templates", {
    name: MADE,
    daily_cost_limit_usd: "5",
    allowed_models: ["claude-*"],
  });
  return { account, group, alias, template };
}

async function removeThings(page: Page, { account, group, alias, template }: Things): Promise<void> {
  for (const path of [`aliases/${alias}`, `templates/${template}`, `groups/${group}`, `accounts/${account}`]) {
    await administer(page, "DELETE", `/admin/${path}`);
  }
}
