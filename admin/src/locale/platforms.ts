/** The platforms: the relay's names and the names shown. Product names are the same in every language. */
export const PLATFORMS = [
  ["anthropic", "Anthropic"],
  ["openai", "OpenAI"],
  ["gemini", "Gemini"],
  ["droid", "Droid"],
  ["antigravity", "Antigravity"],
] as const;

export function platformName(platform: string): string {
  return PLATFORMS.find(([known]) => known === platform)?.[1] ?? platform;
}
