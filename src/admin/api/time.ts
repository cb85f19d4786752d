/** Times at the API's edge: ISO 8601 with a zone in, milliseconds since the epoch out. */
import { z } from "zod";

export const time = z.iso
  .datetime({ offset: true, error: "must be an ISO 8601 time with a zone, such as 2027-01-31T00:00:00Z" })
  .transform((text) => Date.parse(text));
