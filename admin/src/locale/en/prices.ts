/** What the console says of prices, in English. */
export const prices = {
  title: "Prices",
  about:
    "Models that were used without a known price. Their tokens are booked; once a price is set, what they cost is booked too.",
  emptyTitle: "Every model has a price",
  empty: "When a model is used that neither the built-in table nor the price feed knows, it is listed here.",
  caption: "Models without a price",
  model: "Model",
  requests: "Unpriced requests",
  tokens: "Tokens",
  tokensLong: "All tokens of the hours in which those requests were",
  lastUsed: "Last used",
  input: "Input, USD per million tokens",
  output: "Output, USD per million tokens",
  set: "Set price",
  setting: "Pricing…",
  wasSet: (model: string) => `${model} has a price, and its requests are priced.`,
};
