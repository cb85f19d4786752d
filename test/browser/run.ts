/**
 * Walks the console in a real Chromium against a running relay. Leaves nothing behind but a deleted key, its requests in the log, and the
 * price of a model that it made up. `browser.ts` says which settings there are.
 *
 *   CONSOLE_URL=http://127.0.0.1:8787 ADMIN_USERNAME=admin ADMIN_PASSWORD=… node test/browser/run.ts
 *
 * The relay must have been started with OAUTH_CLAUDE_AUTHORIZE_URL and OAUTH_CLAUDE_TOKEN_URLS at a free port of 127.0.0.1
 * (/oauth/authorize and /v1/oauth/token): the walk plays the provider there.
 */
import { walkThrough } from "./browser.ts";
import { addAccount, findWithKeyboard, fits, leave, pauseChosen, signIn } from "./walk.ts";
import { manageAlerts } from "./walk-alerts.ts";
import { askWhoServes, changeManyKeys, followLive } from "./walk-answers.ts";
import { readInChinese } from "./walk-chinese.ts";
import { makeKey, seeKey, seeRequest, stopKey } from "./walk-keys.ts";
import { useLists } from "./walk-lists.ts";
import { bearLongNames } from "./walk-long-names.ts";
import { seeOwnKey, seeRefusedKeys } from "./walk-me.ts";
import {
  changeSettings,
  editAccount,
  manageAliases,
  manageGroups,
  manageTemplates,
  readAudit,
  seeOverview,
} from "./walk-pages.ts";
import { signInToProvider } from "./walk-sign-in.ts";
import { keepStill } from "./walk-steadiness.ts";
import { goOnAfterSession, saveInTrouble, seeListsInTrouble } from "./walk-trouble.ts";

await walkThrough(async (walk) => {
  const { page, checks } = walk;
  await signIn(walk);
  // Nothing can be reached, so one failure is enough.
  if (checks.failed > 0) return;
  await addAccount(walk);
  await pauseChosen(walk);
  const key = await makeKey(walk);
  await seeRequest(walk, key);
  await seeKey(walk, key);
  await followLive(walk);
  await askWhoServes(walk);
  await changeManyKeys(walk);
  await findWithKeyboard(walk);
  await seeOverview(walk);
  await manageGroups(walk);
  await editAccount(walk);
  await manageAliases(walk);
  await manageTemplates(walk);
  await manageAlerts(walk);
  await readAudit(walk);
  await changeSettings(walk);
  await signInToProvider(walk);
  await fits(walk, "desktop-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await fits(walk, "desktop-dark");
  await page.setViewportSize({ width: 390, height: 760 });
  await fits(walk, "phone-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await fits(walk, "phone-light");
  await page.setViewportSize({ width: 1280, height: 800 });
  await useLists(walk);
  await keepStill(walk);
  await bearLongNames(walk);
  await seeListsInTrouble(walk);
  await saveInTrouble(walk);
  await goOnAfterSession(walk);
  await seeOwnKey(walk, key);
  await seeRefusedKeys(walk);
  await readInChinese(walk);
  await stopKey(walk, key);
  await leave(walk);
});
