/** A test of an account at the API's edge: a small real request under each of its keys. */
import { z } from "zod";

export const testAccountBody = z.strictObject({
  /** As a client would ask for it; the account's mapping applies. */
  model: z.string().trim().min(1).max(200).optional(),
});

export const testAccountQuery = z.strictObject({
  /** `false`: one JSON answer at the end, instead of events. */
  stream: z.enum(["true", "false"]).default("true"),
  /** Which of `api_keys`, from 0; without it all of them, in turn. */
  key: z
    .string()
    .regex(/^\d{1,3}$/, "must be the place of a key in api_keys, from 0")
    .transform(Number)
    .optional(),
});

export interface KeyTestView {
  key: { position: number; hint: string };
  ok: boolean;
  /** The fault table's name for what is wrong, and whose fault it is. */
  condition: string | null;
  class: "request" | "credential" | "upstream" | null;
  diagnosis: string;
  /** What the upstream answered; 0 where it did not. */
  status: number;
  until: string | null;
  upstream_message: string | null;
  model_reported: string | null;
  text: string;
  ttft_ms: number | null;
  total_ms: number;
  input_tokens: number;
  output_tokens: number;
}

/** The data of the last event, `done`. */
export interface TestDoneView {
  /** Every key that was tested works. */
  ok: boolean;
  tested: number;
  /** Keys beyond what one call tests. */
  left_out: number;
}

export interface AccountTestView extends TestDoneView {
  account_id: string;
  model: string;
  results: KeyTestView[];
}
