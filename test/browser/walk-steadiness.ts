/** Pages that do not move: what arrives later has its space reserved, and nothing that somebody is about to click moves away. */
import { expect } from "./checks.ts";
import type { Walk } from "./walk.ts";

/** "Good" according to web.dev/cls. */
const MOST_SHIFT = 0.1;

/** Each page as it loads, on a desk and on a phone. */
export async function keepStill({ page, checks, origin }: Walk): Promise<void> {
  const context = page.context();
  const answer = await context.request.get(`${origin}/admin/api-keys?limit=1`);
  const newest: { items: { id: string }[] } = await answer.json();
  const keyPath = `/web/keys/${newest.items[0]?.id}`;
  for (const [width, height] of [
    [1280, 800],
    [390, 760],
  ] as const) {
    for (const path of ["/web/", "/web/settings", "/web/prices", "/web/keys", keyPath]) {
      await checks.check(
        `keeps still while it is loaded: ${path.replace(/[0-9a-f]{32}/, "…")} at ${width} px`,
        async () => {
          const fresh = await context.newPage();
          try {
            await fresh.setViewportSize({ width, height });
            await fresh.addInitScript(() => {
              Reflect.set(globalThis, "shift", 0);
              new PerformanceObserver((list) => {
                const shifts = list.getEntries() as (PerformanceEntry & { value: number })[];
                const sum = shifts.reduce((all, { value }) => all + value, Reflect.get(globalThis, "shift"));
                Reflect.set(globalThis, "shift", sum);
              }).observe({ type: "layout-shift", buffered: true });
            });
            await fresh.goto(origin + path);
            await fresh.locator("main h1").first().waitFor();
            await fresh.waitForLoadState("networkidle");
            const shift: number = await fresh.evaluate(() => Reflect.get(globalThis, "shift"));
            expect(shift <= MOST_SHIFT, `moved by ${shift.toFixed(3)}`);
          } finally {
            await fresh.close();
          }
        },
      );
    }
  }
}
