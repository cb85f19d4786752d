/**
 * Finds English on a page whose language is Chinese: sentences, and single words. What is never translated does not count: names of
 * products, what people have typed, and what is marked as code or as another language.
 */
import type { Page } from "playwright-core";
import { CLIENTS } from "../../scripts/relay/connect/clients/clients.ts";

/** Names of products, and names that are the same in every language. Longer ones first. */
const NAMES = [
  ...CLIENTS.map(({ name }) => name),
  ...["OpenAI-compatible", "OpenAI Compatible", "Amazon Bedrock", "Google Vertex AI", "Google Gemini", "Google Cloud"],
  ...[
    "Azure OpenAI",
    "Factory Droid",
    "Factory",
    "Chat Completions",
    "Chat Completion",
    "Claude Code",
    "Cherry Studio",
    "Gemini CLI",
  ],
  ...[
    "Gemini Code Assist",
    "Cloudflare Access",
    "Workers VPC",
    "Durable Object",
    "Edge Relay",
    "SillyTavern",
    "OpenCode",
  ],
  ...[
    "Anthropic",
    "Antigravity",
    "ChatGPT",
    "Claude",
    "Codex",
    "Cline",
    "Droid",
    "Gemini",
    "Google",
    "OpenAI",
    "Bedrock",
  ],
  ...[
    "Cloudflare",
    "Worker",
    "SDKs",
    "curl",
    "generateContent",
    "npm start",
    "Messages",
    "Responses",
    "TypeScript",
    "Python",
    "English",
    "Ctrl K",
  ],
];

/** Elements whose text is not the console's own. */
const ASIDE = "pre, code, kbd, .mono, script, style, noscript, [lang]:not(html), textarea";

/** Each English text of the page, once. `ours`: what people have typed, which may be in any language. */
export async function foreignWords(page: Page, ours: readonly (string | RegExp)[]): Promise<string[]> {
  const texts = await page.evaluate((aside) => {
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (!element || element.closest(aside)) continue;
      if (!(node instanceof Element)) found.add(node.textContent ?? "");
      else for (const name of ["aria-label", "title", "placeholder", "alt"]) found.add(node.getAttribute(name) ?? "");
    }
    return [...found, document.title];
  }, ASIDE);
  return [...new Set(texts.map((text) => text.trim()).filter((text) => isForeign(text, ours)))];
}

export function isForeign(text: string, ours: readonly (string | RegExp)[] = []): boolean {
  let rest = text.replace(/https?:\/\/\S+/g, " ");
  for (const name of [...ours, ...NAMES])
    rest = rest.replaceAll(name instanceof RegExp ? new RegExp(name, "g") : name, " ");
  // Ids, models, addresses, paths, names of fields and figures: everything that is joined by more than letters.
  const words = rest
    .replace(/\d[\d.,]*\s*(?:ms|s)\b/g, " ")
    .split(/[\s,;:()（）“”"'’，。、：；·→…|%$]+/)
    .filter((word) => /^[A-Za-z]{2,}[.!?]?$/.test(word));
  if (/[A-Za-z]{2,}[,;:]? +[a-z]{2,}[,;:]? +[a-z]{2,}/.test(rest)) return true;
  // A word in capitals, such as API, is understood everywhere. "token" is used in Chinese sentences.
  const plain = words.filter((word) => word !== word.toUpperCase() && !/^tokens?$/i.test(word));
  return /\p{Script=Han}/u.test(rest) ? plain.length > 1 : plain.length > 0;
}
