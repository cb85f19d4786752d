/** The words of the status line. Pure. */

export interface Figures {
  state: string;
  /** Decimal USD. */
  today_cost_usd: string;
  week_cost_usd: string;
  limits: { name: string; limit: string; used: string; resets_at: string | null }[];
}

export interface Session {
  /** Claude Code's name for it. */
  model: string | null;
}

type Unit = (amount: string) => string;

/** The title of each limit, in the order in which they are shown. */
const LIMITS: Record<string, [title: string, unit: Unit]> = {
  daily_cost_usd: ["today", money],
  weekly_cost_usd: ["week", money],
  total_cost_usd: ["total", money],
  total_tokens: ["tokens", count],
  window_requests: ["window", (amount) => `${count(amount)} req`],
  window_tokens: ["window", (amount) => `${count(amount)} tok`],
  window_cost_usd: ["window", money],
};
/** If there is no limit for it, what was spent is shown alone. */
const SPENT = { today: "today_cost_usd", week: "week_cost_usd" } as const;

const STATES: Record<string, string> = {
  budget_used: "budget used up",
  window_full: "window full",
  expired: "key expired",
  disabled: "key disabled",
};

const NEAR = 0.75;
const NEARLY_GONE = 0.95;
const RED = 31;
const YELLOW = 33;

export function lineOf({ model }: Session, figures: Figures | null, now: number, colours: boolean): string {
  const paint = (colour: number | null, text: string) =>
    colours && colour !== null ? `\x1b[${colour}m${text}\x1b[39m` : text;
  const parts = model === null ? [] : [model];
  if (figures) {
    const state = STATES[figures.state];
    if (state !== undefined) parts.push(paint(RED, state));
    const shown = Object.entries(LIMITS).flatMap(([name, [title, unit]]) => {
      const limit = figures.limits.find((each) => each.name === name);
      return limit ? [{ title, ...limitText(limit, title, unit, now) }] : [];
    });
    const spent = Object.entries(SPENT).flatMap(([title, field]) =>
      shown.some((each) => each.title === title) ? [] : [`${title} ${money(figures[field])}`],
    );
    parts.push(...spent, ...shown.map(({ text, colour }) => paint(colour, text)));
  }
  return parts.join(" · ");
}

function limitText(limit: Figures["limits"][number], title: string, unit: Unit, now: number) {
  const share = Number(limit.limit) > 0 ? Number(limit.used) / Number(limit.limit) : 1;
  const colour = share >= NEARLY_GONE ? RED : share >= NEAR ? YELLOW : null;
  // Days and weeks end at known times; a window does not.
  const left = share >= NEAR || title === "window" ? leftText(limit.resets_at, now) : "";
  return { text: `${title} ${unit(limit.used)} of ${unit(limit.limit)}${left}`, colour };
}

function leftText(resetsAt: string | null, now: number): string {
  const minutes = resetsAt === null ? 0 : Math.ceil((Date.parse(resetsAt) - now) / 60_000);
  if (!(minutes > 0)) return "";
  return minutes < 100 ? ` (${minutes} min left)` : ` (${Math.round(minutes / 60)} h left)`;
}

function money(usd: string): string {
  return `$${Number(usd).toFixed(2)}`;
}

/** 1,234 in full; above ten thousand in thousands and millions. */
function count(amount: string): string {
  const number = Number(amount);
  if (number < 10_000) return number.toLocaleString("en-US");
  return number < 1_000_000 ? `${Math.round(number / 1_000)}k` : `${(number / 1_000_000).toFixed(1)}M`;
}
