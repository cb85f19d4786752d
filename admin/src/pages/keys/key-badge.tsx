/** The state of a key, as a coloured word. */
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { keyState } from "./key-state.ts";
import type { ApiKey } from "./keys.ts";

export function KeyBadge({ apiKey }: { apiKey: ApiKey }) {
  const { text, tone, why } = keyState(apiKey, format);
  return (
    <Badge tone={tone} why={why}>
      {text}
    </Badge>
  );
}
