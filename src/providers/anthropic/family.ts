/** Clients choose the names of models, and families are stored, so their length is bounded. */
const LONGEST = 100;

/** The family whose models Anthropic limits together: `claude-opus-4-1` and `us.anthropic.claude-opus-4-5` are both `opus`. */
export function family(model: string): string | null {
  // claude-opus-4-1, claude-3-5-sonnet-20241022, us.anthropic.claude-haiku-4-5
  return /claude-(?:\d+(?:[-.]\d+)*-)?([a-z]+)/.exec(model.toLowerCase().slice(0, LONGEST))?.[1] ?? null;
}
