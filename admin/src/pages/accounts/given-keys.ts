/** The keys of an account as the relay takes them: one as `api_key`, several as `api_keys`, in the order of their use. Pure. */

/** A form has a field for the first key, and one for all others. */
export function withKeys<Of extends object>(values: Of): Omit<Of, "api_keys"> & { api_keys?: string[] } {
  const { api_key: first, api_keys: others = [], ...rest } = values as { api_key?: string; api_keys?: string[] };
  const keys = [...(first === undefined ? [] : [first]), ...others];
  const given = keys.length > 1 || first === undefined ? { api_keys: keys } : { api_key: first };
  return { ...rest, ...(keys.length > 0 && given) } as Omit<Of, "api_keys"> & { api_keys?: string[] };
}
