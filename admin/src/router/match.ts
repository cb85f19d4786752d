/** Paths with parameters: `/prices/:model` and what it matches. Pure. A parameter is one segment with any content. */

export interface Match {
  pattern: string;
  params: Readonly<Record<string, string>>;
}

/** The first pattern that `path` matches, or null. */
export function matchPath(patterns: readonly string[], path: string): Match | null {
  const segments = path.split("/");
  for (const pattern of patterns) {
    const params = paramsOf(pattern.split("/"), segments);
    if (params) return { pattern, params };
  }
  return null;
}

/** A path that `matchPath` reads back as the same parameters. */
export function pathTo(pattern: string, params: Readonly<Record<string, string>>): string {
  return pattern
    .split("/")
    .map((segment) => (segment.startsWith(":") ? encodeURIComponent(params[segment.slice(1)] ?? "") : segment))
    .join("/");
}

function paramsOf(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const given = segments[at] ?? "";
    if (!expected.startsWith(":")) {
      if (given !== expected) return null;
      continue;
    }
    const value = decoded(given);
    if (value === null || value === "") return null;
    params[expected.slice(1)] = value;
  }
  return params;
}

/** Null if a percent sign encodes nothing. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
