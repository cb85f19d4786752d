/** The fields that the admin API takes for an account at Vertex AI: the key file of a service account, and where its models run. */
import * as z from "zod/mini";
import { object, parse, text } from "../../ground/json.ts";
import { into, trimmed } from "../../ground/shape.ts";
import type { GivenCredential } from "../kind.ts";

/** A key file has about two and a half kilobytes. */
const LONGEST_FILE = 20_000;

export const vertexFields = {
  /** The JSON key file of a service account that may use Vertex AI, as Google gave it to you. */
  service_account: z.optional(z.union([trimmed(0, LONGEST_FILE), z.record(z.string(), z.unknown())])),
  /** The location whose models are asked, such as us-east5, or global. */
  vertex_region: z.optional(
    z
      .string()
      .check(
        z.trim(),
        z.regex(
          /^(?:global|us|eu|[a-z]+-[a-z]+\d{1,2})$/,
          "must be a location of Vertex AI, such as us-east5 or global",
        ),
      ),
  ),
};

const EMAIL = /^[\w.-]{1,200}@[\w.-]{1,200}$/;
/** Old projects have a domain before their name: `example.com:project`. */
const PROJECT = /^(?:[a-z0-9.-]{1,100}:)?[a-z0-9-]{1,100}$/;
const PRIVATE_KEY = /^-----BEGIN PRIVATE KEY-----\s[A-Za-z0-9+/=\s]{100,10000}-----END PRIVATE KEY-----\s*$/;
const KEY_ID = /^[A-Za-z0-9]{1,100}$/;

/** One service account; none if neither field is given. */
export const SERVICE_ACCOUNT: z.ZodMiniType<GivenCredential[]> = into(
  z.strictObject(vertexFields),
  ({ service_account: given, vertex_region: region }, problem): GivenCredential[] => {
    if (given === undefined) {
      if (region === undefined) return [];
      return problem("is stored with the key: give service_account in the same request", { at: "vertex_region" });
    }
    if (region === undefined) return problem("is required, such as us-east5 or global", { at: "vertex_region" });
    const file = object(typeof given === "string" ? parse(given) : given);
    const clientEmail = text(file?.client_email) ?? "";
    const privateKey = text(file?.private_key) ?? "";
    const project = text(file?.project_id) ?? "";
    const keyId = text(file?.private_key_id);
    if (file?.type !== "service_account" || !EMAIL.test(clientEmail) || !PRIVATE_KEY.test(privateKey)) {
      return problem("is not the JSON key file of a service account", { at: "service_account" });
    }
    if (!PROJECT.test(project)) return problem("names no project", { at: "service_account" });
    const id = keyId !== null && KEY_ID.test(keyId) && { keyId };
    return [{ type: "service-account", clientEmail, privateKey, project, region, ...id }];
  },
);
