/** What upstreams answer when they fail, in the shapes in which they send it. */
import type { Transport } from "../../src/providers/faults/evidence.ts";

export const NOW = Date.UTC(2026, 9, 14, 18);
export const HOUR = 3_600_000;

export interface Try {
  status: number;
  body: string;
  headers: Record<string, string>;
  transport?: Transport;
  model?: string;
  fast?: boolean;
}

export const unix = (hours: number) => String(NOW / 1000 + hours * 3600);
export const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
export const none = (transport: Transport, status = 0): Try => ({ status, body: "", headers: {}, transport });
export const plain = (status: number, body = "", headers: Record<string, string> = {}): Try => ({
  status,
  body,
  headers,
});
export const json = (status: number, body: unknown, headers = {}): Try => plain(status, JSON.stringify(body), headers);
export const page = (status: number, headers = {}): Try =>
  plain(status, "<!DOCTYPE html><html></html>", { "content-type": "text/html; charset=UTF-8", ...headers });

/** Anthropic's errors. */
export const claude = (status: number, type: string, message = "words", headers = {}, details?: object): Try =>
  json(status, { type: "error", error: { type, message, ...(details && { details }) }, request_id: "req_1" }, headers);
export const bad = (message: string, headers = {}) => claude(400, "invalid_request_error", message, headers);
export const rate = (message: string, headers = {}) => claude(429, "rate_limit_error", message, headers);
export const of = (model: string, attempt: Try): Try => ({ ...attempt, model });
export const unified = (windows: Record<string, string>) =>
  Object.fromEntries(Object.entries(windows).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]));
export const windows = (values: Record<string, string>) => rate("slow", unified(values));

/** OpenAI's. */
export const openai = (
  status: number,
  code: string | null,
  type = "invalid_request_error",
  headers = {},
  message = "words",
): Try => json(status, { error: { message, type, param: null, code } }, headers);

/** Google's. */
export const google = (code: number, status: string, message = "words", details: object[] = []): Try =>
  json(code, { error: { code, message, status, details } });
export const exhausted = (...details: object[]) => google(429, "RESOURCE_EXHAUSTED", "words", details);
export const info = (reason: string, metadata = {}) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  metadata,
});
export const retryInfo = (retryDelay: string) => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay });
export const quota = (quotaId: string, model?: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaMetric: "requests", quotaId, quotaDimensions: { location: "global", ...(model && { model }) } }],
});

/** Factory's own. */
export const factory = (status: number, title: string, headers = {}): Try =>
  json(status, { detail: "words", status, title, requestId: "1" }, headers);

/** See fault-cases.ts for what is expected. */
export type Case = readonly [name: string, attempt: Try, expected: string];
