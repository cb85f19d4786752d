/** The parameters of randomness, as far as a model accepts them. */
import type { Findings } from "../findings.ts";
import type { HubRequest, Json } from "../hub.ts";
import type { ClaudeModel } from "./models.ts";

/** OpenAI's temperature goes up to 2. */
const HOTTEST = 1;
/** A thinking model refuses less. */
const LEAST_TOP_P_WHILE_THINKING = 0.95;

type Wish = Pick<HubRequest, "temperature" | "topP" | "topK">;

export function samplingWritten(wish: Wish, { sampling }: ClaudeModel, isThinking: boolean, findings: Findings): Json {
  const { temperature, topP, topK } = wish;
  const isFixed = sampling === "none" || isThinking;
  const said: Json = {};
  if (temperature !== null) {
    // 1 is the model's default.
    if (!isFixed) said.temperature = Math.min(temperature, HOTTEST);
    if (isFixed ? temperature !== 1 : temperature > HOTTEST) findings.drop("temperature");
  }
  if (topP !== null) {
    const isTaken = "temperature" in said && sampling === "one";
    const isPossible = sampling !== "none" && !(isThinking && topP < LEAST_TOP_P_WHILE_THINKING);
    if (isPossible && !isTaken) said.top_p = topP;
    else if (topP !== 1) findings.drop("top_p");
  }
  if (topK !== null) {
    if (isFixed) findings.drop("top_k");
    else said.top_k = topK;
  }
  return said;
}
