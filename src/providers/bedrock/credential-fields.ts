/** The fields that the admin API takes for an account at Bedrock: an AWS access key or a Bedrock API key, and the region. */
import * as z from "zod/mini";
import { into } from "../../ground/shape.ts";
import { apiKeyFields } from "../credential-fields.ts";
import type { GivenCredential } from "../kind.ts";

/** Some session tokens are longer than a kilobyte. */
const LONGEST_TOKEN = 8_192;

export const awsFields = {
  /** The id of an AWS access key that may invoke models at Bedrock. */
  aws_access_key_id: z.optional(
    z
      .string()
      .check(
        z.trim(),
        z.regex(/^[A-Z0-9]{16,128}$/, "must be an access key id, such as AKIA…: capital letters and digits"),
      ),
  ),
  /** The secret of the access key. */
  aws_secret_access_key: z.optional(
    z.string().check(z.trim(), z.regex(/^[\x21-\x7e]{16,256}$/, "must be visible ASCII characters without spaces")),
  ),
  /** The session token, where the access key is a temporary one. */
  aws_session_token: z.optional(
    z
      .string()
      .check(
        z.trim(),
        z.maxLength(LONGEST_TOKEN),
        z.regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters without spaces"),
      ),
  ),
  /** The AWS region whose Bedrock is asked, such as us-east-1. */
  aws_region: z.optional(
    z.string().check(z.trim(), z.regex(/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/, "must be a region of AWS, such as us-east-1")),
  ),
};

const fields = z.strictObject({ api_key: apiKeyFields.api_key, ...awsFields });
type Fields = z.output<typeof fields>;

/** One credential; none if no field is given. */
export const AWS_CREDENTIALS: z.ZodMiniType<GivenCredential[]> = into(fields, (given, problem): GivenCredential[] => {
  if (Object.values(given).every((value) => value === undefined)) return [];
  const found = problemOf(given);
  if (found) return problem(found.message, { at: found.field });
  const { api_key, aws_access_key_id, aws_secret_access_key, aws_session_token, aws_region: region = "" } = given;
  if (api_key !== undefined) return [{ type: "api-key", secret: api_key, region }];
  return [
    {
      ...{ type: "aws", accessKeyId: aws_access_key_id ?? "", secretAccessKey: aws_secret_access_key ?? "", region },
      ...(aws_session_token !== undefined && { sessionToken: aws_session_token }),
    },
  ];
});

function problemOf(given: Fields): { field: keyof Fields; message: string } | null {
  const { api_key, aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = given;
  const access = id ?? secret ?? token;
  if (api_key !== undefined && access !== undefined)
    return { field: "api_key", message: "give api_key or an AWS access key, not both" };
  if (api_key === undefined) {
    if (access === undefined)
      return { field: "aws_region", message: "is stored with the key: give the key in the same request" };
    if (id === undefined)
      return { field: "aws_access_key_id", message: "is required with the other fields of an access key" };
    if (secret === undefined) return { field: "aws_secret_access_key", message: "is required with aws_access_key_id" };
    if (id.startsWith("ASIA") && token === undefined) {
      return {
        field: "aws_session_token",
        message: "is required: an access key that begins with ASIA is a temporary one",
      };
    }
  }
  return given.aws_region === undefined ? { field: "aws_region", message: "is required, such as us-east-1" } : null;
}
