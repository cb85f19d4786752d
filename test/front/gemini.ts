/** generateContent as the API sends it: streams of events or as an array, whole answers, and what they report as used. */

export const USED = {
  promptTokenCount: 52,
  candidatesTokenCount: 37,
  totalTokenCount: 112,
  cachedContentTokenCount: 40,
  toolUsePromptTokenCount: 3,
  thoughtsTokenCount: 20,
  promptTokensDetails: [{ modality: "TEXT", tokenCount: 52 }],
};

/** The same figures as a request row has them. */
export const BOOKED = {
  input_tokens: 15,
  cache_write_5m_tokens: 0,
  cache_write_1h_tokens: 0,
  cache_read_tokens: 40,
  output_tokens: 57,
};

/** The chunks of a whole answer: one per word, the last with the reason of its end; usage is cumulative. */
export function chunksOf(words: string[], model = "gemini-3.5-flash"): object[] {
  return [...words, ""].map((text, index) => {
    const last = index === words.length;
    const candidate = {
      content: { parts: [{ text }], role: "model" },
      ...(last && { finishReason: "STOP" }),
      index: 0,
    };
    const candidatesTokenCount = last ? USED.candidatesTokenCount : index + 1;
    const { totalTokenCount: _, ...counts } = USED;
    const usageMetadata = { ...counts, candidatesTokenCount, thoughtsTokenCount: last ? 20 : 1 };
    return { candidates: [candidate], usageMetadata, modelVersion: model, responseId: "r1" };
  });
}

/** A whole stream as a list of events, as with `alt=sse`. */
export function streamOf(words: string[], model?: string): string[] {
  return chunksOf(words, model).map(event);
}

/** A whole stream as the pieces of one JSON array, written as Google writes it. */
export function arrayStreamOf(words: string[], model?: string): string[] {
  const elements = chunksOf(words, model).map((chunk) => JSON.stringify(chunk, null, 2));
  return [...elements.map((element, index) => `${index === 0 ? "[" : ",\r\n"}${element}\n`), "]\n"];
}

/** A stream of Code Assist: the same chunks in an envelope. */
export function assistStreamOf(words: string[], model?: string): string[] {
  return chunksOf(words, model).map((response) => event({ response, traceId: "t1" }));
}

export function wholeContent(text: string, model = "gemini-3.5-flash"): string {
  const content = { parts: [{ text }], role: "model" };
  const candidates = [{ content, finishReason: "STOP", index: 0 }];
  return JSON.stringify({ candidates, usageMetadata: USED, modelVersion: model, responseId: "r1" }, null, 2);
}

export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\r\n\r\n`;
}

export function errorOf(code: number, status: string, message: string) {
  return { error: { code, message, status } };
}
