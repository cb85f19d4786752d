/**
 * Visits pages of the console in Chromium, as somebody does who opens a link: each is a full load with a session. Except for a browser's
 * first load, its files are cached. It reads what the browser reports (paints, shifts, long tasks, bytes), axe's findings, and errors of
 * the page.
 */
import type { BrowserContext, Page } from "playwright-core";
import { violations } from "../../test/browser/axe.ts";
import { Watch } from "../../test/browser/watch.ts";

export interface VisitedPage {
  name: string;
  /** After the origin. */
  path: string;
}

export interface Visit {
  name: string;
  /** Milliseconds since the navigation began. */
  firstPaintMs: number;
  /** When the page's heading was shown and nothing in it was being loaded any more. */
  contentMs: number;
  largestPaintMs: number;
  /** The time of tasks beyond the 50 ms that nobody notices. */
  blockedMs: number;
  /** Cumulative layout shift. */
  shift: number;
  requests: number;
  /** As transferred, including headers. */
  bytes: number;
  /** Paths and queries of its requests to the relay's API. */
  asked: string[];
  policy: string;
  violations: string[];
  complaints: string[];
}

const PATIENCE_MS = 30_000;
/** How long nothing may change before a page counts as complete. */
const QUIET_MS = 700;

/** What the script in the page records. */
interface Kept {
  contentAt: number;
  largestAt: number;
  blocked: number;
  shift: number;
}

export async function signIn(
  context: BrowserContext,
  origin: string,
  username: string,
  password: string,
): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${origin}/web/`);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await page.locator("#content h1").waitFor();
  await page.close();
}

/** Call once, before the first page of the context. */
export async function beginMeasuring(context: BrowserContext, origin: string): Promise<Watch> {
  const watch = new Watch();
  await watch.begin(context, origin);
  await context.addInitScript(() => {
    const kept: Kept = { contentAt: 0, largestAt: 0, blocked: 0, shift: 0 };
    Reflect.set(globalThis, "kept", kept);
    const observe = (type: string, note: (entry: PerformanceEntry & { value?: number }) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
    observe("largest-contentful-paint", ({ startTime }) => {
      kept.largestAt = startTime;
    });
    observe("longtask", ({ duration }) => {
      kept.blocked += Math.max(0, duration - 50);
    });
    observe("layout-shift", ({ value }) => {
      kept.shift += value ?? 0;
    });
    let wasComplete = false;
    const look = () => {
      const isComplete =
        document.querySelector("main h1") !== null && !document.querySelector("main [role=status][aria-label]");
      if (isComplete && !wasComplete) kept.contentAt = performance.now();
      wasComplete = isComplete;
      requestAnimationFrame(look);
    };
    look();
  });
  return watch;
}

/** One load of a page. `thorough`: with axe, which takes longer than the page. */
export async function visit(
  context: BrowserContext,
  watch: Watch,
  { origin, name, path, thorough }: VisitedPage & { origin: string; thorough: boolean },
): Promise<Visit> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    const [asked, complained] = [watch.asked.length, watch.complaints.length];
    const response = await page.goto(`${origin}${path}`);
    await page.locator("main h1").first().waitFor();
    await settled(page);
    const read = await page.evaluate(() => {
      const kept: Kept = Reflect.get(globalThis, "kept");
      const [first] = performance.getEntriesByName("first-contentful-paint");
      const loads = [
        ...(performance.getEntriesByType("navigation") as PerformanceResourceTiming[]),
        ...(performance.getEntriesByType("resource") as PerformanceResourceTiming[]),
      ].map(({ transferSize }) => transferSize);
      return { ...kept, firstAt: first?.startTime ?? 0, loads };
    });
    const bytes = read.loads.reduce((sum, transferSize) => sum + transferSize, 0);
    return {
      ...{ name, firstPaintMs: read.firstAt, contentMs: read.contentAt, largestPaintMs: read.largestAt },
      ...{ blockedMs: read.blocked, shift: read.shift, requests: read.loads.length, bytes },
      asked: watch.asked.slice(asked).filter((path) => /^\/(admin|api)\//.test(path)),
      policy: response?.headers()["content-security-policy"] ?? "",
      violations: thorough ? await violations(page) : [],
      complaints: watch.complaints.slice(complained),
    };
  } finally {
    await page.close();
  }
}

/** Waits until nothing has been loading for a while, because a page may ask for more after an answer. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    (quietMs) => {
      const { contentAt }: Kept = Reflect.get(globalThis, "kept");
      const isComplete = !document.querySelector("main [role=status][aria-label]");
      return isComplete && contentAt > 0 && performance.now() - contentAt > quietMs;
    },
    QUIET_MS,
    { polling: 100 },
  );
  await page.waitForLoadState("networkidle");
}
