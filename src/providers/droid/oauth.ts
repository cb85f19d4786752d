/** A Factory plan that somebody has signed in to. It serves Droid, for which it was issued; all else is as for a key. */
import type { Kind } from "../kind.ts";
import { DROID } from "../oauth/droid.ts";
import { droidFile, importedGrant } from "../oauth/import.ts";
import { DROID_API_KEY } from "./api-key.ts";

export const DROID_OAUTH: Kind = {
  ...DROID_API_KEY,
  name: "oauth",
  credentialFields: importedGrant({ file: droidFile, renews: true }),
  oauth: DROID,
  serves: ["droid"],
};
