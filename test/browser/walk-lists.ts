/** What lists can do beyond showing rows: both directions of an order, a week at a glance, and all of it as a file. */
import { readFile } from "node:fs/promises";
import { expect } from "./checks.ts";
import { KEY, section, sound, type Walk } from "./walk.ts";

export async function useLists({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("sorts keys by a column both ways, and then not at all", async () => {
    await section(page, "Keys");
    const head = page.getByRole("columnheader", { name: "In total" });
    for (const order of ["descending", "ascending", null]) {
      await head.getByRole("button").click();
      await page.waitForFunction(
        (wanted) => document.querySelector("th.at-total")?.getAttribute("aria-sort") === wanted,
        order,
      );
      await page.locator(".table[aria-busy=false]").waitFor();
    }
  });

  await checks.check("shows what each key has used in the last week", async () => {
    const row = page.getByRole("row", { name: KEY });
    await row.getByRole("img", { name: /in the last 7 days, requests: [1-9]/ }).waitFor();
    await sound(page);
    await shoot("keys-week");
  });

  await checks.check(
    "keeps its place in a list while a row is opened and closed, and the focus on that row",
    async () => {
      await section(page, "Requests");
      const row = page.locator("tbody tr").first();
      await row.waitFor();
      await page.setViewportSize({ width: 1280, height: 320 });
      await page.evaluate(() => scrollTo(0, 60));
      await row.locator(".at-model").click();
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      const [scrolled, focused] = await page.evaluate(() => [scrollY, document.activeElement?.closest("tr") !== null]);
      await page.setViewportSize({ width: 1280, height: 800 });
      expect(scrolled === 60 && focused === true, `it is scrolled to ${scrolled}, and the focus is ${focused}`);
    },
  );

  await checks.check("shows the overview that there is until another split of the cost is read", async () => {
    await section(page, "Overview");
    const split = page.getByRole("button", { name: "Account", exact: true });
    await split.waitFor();
    await page.route("**/admin/overview?*", async (route) => {
      await page.waitForTimeout(300);
      await route.continue();
    });
    await split.click();
    await page.locator("[aria-busy=true]").getByRole("heading", { name: "Cost", exact: true }).first().waitFor();
    await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
    await page.unroute("**/admin/overview?*");
    const focused = await split.evaluate((button) => button === document.activeElement);
    expect(focused, "the button has lost the focus");
  });

  await checks.check("takes the log home as one file", async () => {
    await section(page, "Requests");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
    expect(lines[0]?.startsWith("id,time,key_id") === true, `begins with ${lines[0]}`);
    expect(
      lines.length > 1 && lines.every((line, at) => at === 0 || line.startsWith('"req_')),
      "is no list of requests",
    );
  });
}
