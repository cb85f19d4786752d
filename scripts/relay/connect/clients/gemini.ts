/** Google's Gemini CLI with an API key. It reads one `.env` file: the nearest above its working directory, or else this one. */
import { type Client, exported, terminal } from "./client.ts";

const KEY = "GEMINI_API_KEY";
const base = (origin: string) => ({ GOOGLE_GEMINI_BASE_URL: `${origin}/gemini` });
/** Other ways to sign in that it would take from the same file. */
const RIVALS = ["GOOGLE_GENAI_USE_GCA", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_API_KEY"];
const elsewhere = { variable: "GEMINI_CLI_HOME", insteadOf: "" };

export const gemini: Client = {
  id: "gemini",
  name: "Gemini CLI",
  format: "gemini",
  base: "/gemini",
  model: "gemini-2.5-flash",
  shown: (origin, key) => [terminal(...exported({ ...base(origin), [KEY]: key }), "gemini")],
  connects: {
    keySources: ["file", "environment"],
    keyVariable: KEY,
    // It reads its file for what the environment lacks.
    shadows: ({ origin, key }) => [...Object.keys(base(origin)), ...(key.from === "file" ? [KEY] : []), ...RIVALS],
    files: ({ origin, key, model }) => [
      {
        paths: [".gemini/.env"],
        elsewhere,
        format: "dotenv",
        settings: [
          ...Object.entries(base(origin)).map(([name, value]) => ({ path: [name], value })),
          { path: [KEY], value: key.from === "file" ? key.key : null },
          ...RIVALS.map((name) => ({ path: [name], value: null })),
        ],
      },
      {
        paths: [".gemini/settings.json"],
        elsewhere,
        format: "json",
        strict: "commas",
        settings: [
          // With another base URL it uses a key only after it was told so here or in its dialog; no variable does that.
          { path: ["security", "auth", "selectedType"], value: "gemini-api-key" },
          ...(model === null ? [] : [{ path: ["model", "name"], value: model }]),
        ],
      },
    ],
    remarks: [
      "Gemini CLI reads the nearest .env file alone: in a folder that has one of its own, it does not see this one.",
      "In a folder that you do not trust it takes the key from this file, but not the address.",
    ],
  },
};
