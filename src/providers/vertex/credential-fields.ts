/** What the admin API takes for an account at Vertex AI: the key file of a service account, and where its models run. */
import * as z from "zod";
import { object, parse, text } from "../../ground/json.ts";
import type { GivenCredential } from "../kind.ts";

/** A key file has two and a half kilobytes. */
const LONGEST_FILE = 20_000;

export const vertexFields = {
  service_account: z
    .union([z.string().trim().max(LONGEST_FILE), z.record(z.string(), z.unknown())])
    .optional()
    .describe("The JSON key file of a service account that may use Vertex AI, as Google gave it to you"),
  vertex_region: z
    .string()
    .trim()
    .regex(/^(?:global|us|eu|[a-z]+-[a-z]+\d{1,2})$/, "must be a location of Vertex AI, such as us-east5 or global")
    .optional()
    .describe("The location whose models are asked, such as us-east5, or global"),
};

const EMAIL = /^[\w.-]{1,200}@[\w.-]{1,200}$/;
/** Old projects have a domain before their name: `example.com:project`. */
const PROJECT = /^(?:[a-z0-9.-]{1,100}:)?[a-z0-9-]{1,100}$/;
const PRIVATE_KEY = /^-----BEGIN PRIVATE KEY-----\s[A-Za-z0-9+/=\s]{100,10000}-----END PRIVATE KEY-----\s*$/;
const KEY_ID = /^[A-Za-z0-9]{1,100}$/;

/** One service account; none where neither field is given. */
export const SERVICE_ACCOUNT: z.ZodType<GivenCredential[]> = z
  .strictObject(vertexFields)
  .transform(({ service_account: given, vertex_region: region }, context): GivenCredential[] => {
    const problem = (field: string, message: string) => {
      context.addIssue({ code: "custom", path: [field], message });
      return z.NEVER;
    };
    if (given === undefined) {
      if (region === undefined) return [];
      return problem("vertex_region", "is stored with the key: give service_account in the same request");
    }
    if (region === undefined) return problem("vertex_region", "is required, such as us-east5 or global");
    const file = object(typeof given === "string" ? parse(given) : given);
    const clientEmail = text(file?.client_email) ?? "";
    const privateKey = text(file?.private_key) ?? "";
    const project = text(file?.project_id) ?? "";
    const keyId = text(file?.private_key_id);
    if (file?.type !== "service_account" || !EMAIL.test(clientEmail) || !PRIVATE_KEY.test(privateKey)) {
      return problem("service_account", "is not the JSON key file of a service account");
    }
    if (!PROJECT.test(project)) return problem("service_account", "names no project");
    const id = keyId !== null && KEY_ID.test(keyId) && { keyId };
    return [{ type: "service-account", clientEmail, privateKey, project, region, ...id }];
  });
