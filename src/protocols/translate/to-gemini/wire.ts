/** The parts of a generateContent request that are written here. Facts: the types of `@google/genai` 3.3. */
import type { Json } from "../hub.ts";

export interface Content {
  role: "user" | "model";
  parts: Part[];
}

export interface Part {
  text?: string;
  thought?: boolean;
  inlineData?: InlineData;
  fileData?: FileData;
  functionCall?: { id?: string; name: string; args: Json };
  functionResponse?: { id?: string; name: string; response: Json; parts?: Part[] };
  /** What a tool of Google's was asked and has answered, unchanged. */
  toolCall?: unknown;
  toolResponse?: unknown;
  thoughtSignature?: string;
}

interface InlineData {
  mimeType: string;
  data: string;
}

interface FileData {
  mimeType?: string;
  fileUri: string;
}
