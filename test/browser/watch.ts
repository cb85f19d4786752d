/**
 * Everything that a page complains about: console errors and warnings, uncaught exceptions, policy violations, requests to other hosts. A
 * refusal is a proper answer of the API, but Chromium prints it as an error. It passes only where the walk provokes it.
 */
import type { BrowserContext, Page } from "playwright-core";

/**
 * Paths; one that ends in `/` stands for those below it. The end of a session is told by whichever request comes next: the banner's look
 * at the relay's health, some seconds after a page, as well as the page's own.
 */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "401": ["/admin/session", "/admin/login", "/admin/requests", "/admin/api-keys", "/admin/health", "/api/usage/quota"],
  "400": ["/admin/oauth/claude/finish", "/admin/accounts/", "/admin/alerts/test"],
};

export class Watch {
  readonly complaints: string[] = [];
  /** Hosts whose pages the walk opens. */
  readonly elsewhere = new Set<string>();
  /** Pages whose requests the walk breaks off. Chromium's words about that are no complaint. */
  readonly troubled = new Set<Page>();
  /** Paths and queries of requests to the relay, in order. */
  readonly asked: string[] = [];

  /** Call before the first page of the context is opened. */
  async begin(context: BrowserContext, origin: string): Promise<void> {
    await context.exposeFunction("complain", (text: string) => this.complaints.push(text));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        const complain: unknown = Reflect.get(globalThis, "complain");
        if (typeof complain === "function") complain(`policy ${event.violatedDirective}: ${event.blockedURI}`);
      });
    });
    context.on("page", (page) => this.follow(page, origin));
  }

  private follow(page: Page, origin: string): void {
    page.on("pageerror", (error) => this.complaints.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      if (this.troubled.has(page) && message.text().startsWith("Failed to load resource")) return;
      const path = URL.canParse(message.location().url) ? new URL(message.location().url).pathname : "";
      const status = /status of (\d{3})/.exec(message.text())?.[1] ?? "";
      if (EXPECTED[status]?.some((known) => (known.endsWith("/") ? path.startsWith(known) : path === known))) return;
      this.complaints.push(`console ${message.type()}: ${message.text()} (${path})`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin === origin) this.asked.push(url.pathname + url.search);
      else if (url.protocol !== "data:" && !this.elsewhere.has(url.host))
        this.complaints.push(`request to another host: ${url.host}`);
    });
  }

  /** How often the request log has been asked for so far. */
  get polls(): number {
    return this.asked.filter((path) => path.startsWith("/admin/requests")).length;
  }
}
