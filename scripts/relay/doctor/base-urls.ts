/** Base URLs of clients that lead to this relay: whether each ends as its client requires. Pure. */
import { type Finding, fault } from "./finding.ts";

interface Client {
  /** The variables that it, or its SDK, reads. */
  variables: readonly string[];
  name: string;
  fits: RegExp;
  /** What it adds by itself; below, a base URL that fits. */
  adds: string;
  path: string;
}

const CLIENTS: readonly Client[] = [
  {
    variables: ["ANTHROPIC_BASE_URL"],
    name: "Claude Code",
    fits: /^(?!.*\/v1(?:\/messages)?$)/,
    adds: "/v1/messages",
    path: "/api",
  },
  {
    variables: ["OPENAI_BASE_URL", "OPENAI_API_BASE"],
    name: "OpenAI's SDK",
    fits: /^(?!.*\/v1\/v1$).*\/(?:v1|openai)$/,
    adds: "/chat/completions or /responses",
    path: "/openai/v1",
  },
  {
    variables: ["GOOGLE_GEMINI_BASE_URL"],
    name: "Gemini CLI",
    fits: /^(?!.*\/v1(?:beta)?$)/,
    adds: "/v1beta/models/…",
    path: "/gemini",
  },
];

/** `origin`: the relay's. Base URLs that lead elsewhere are ignored. */
export function wrongBaseUrls(env: Record<string, string | undefined>, origin: string): Finding[] {
  return CLIENTS.flatMap(({ variables, name, fits, adds, path }) =>
    variables.flatMap((variable) => {
      const url = URL.parse(env[variable] ?? "");
      if (url?.origin !== origin) return [];
      // The relay collapses double slashes and ignores the last one.
      const pathname = url.pathname.replace(/\/{2,}/g, "/").replace(/\/$/, "");
      if (fits.test(pathname)) return [];
      const message = `${variable} is ${url.href}; ${name} adds ${adds} by itself, and asks where nothing is.`;
      return [fault("wrong_base_url", message, `Set ${variable}=${origin}${path}`)];
    }),
  );
}
