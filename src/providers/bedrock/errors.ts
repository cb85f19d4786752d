/**
 * AWS errors in the form of the Messages API. They are recognised by their type, the same word in an `x-amzn-errortype` header and,
 * with a small first letter, in a stream. Source: "Troubleshooting Amazon Bedrock API error codes"; API reference, InvokeModel and
 * ResponseStream. The fault table decides what a fault means for the account (faults/table.ts).
 */

/** Types whose status would say something else, or that come in a stream without a status. In small letters. */
const TYPES: Readonly<Record<string, string>> = {
  validationexception: "invalid_request_error",
  servicequotaexceededexception: "rate_limit_error",
  throttlingexception: "rate_limit_error",
  modelnotreadyexception: "overloaded_error",
  serviceunavailableexception: "overloaded_error",
  modeltimeoutexception: "timeout_error",
  modelerrorexception: "api_error",
  modelstreamerrorexception: "api_error",
  internalserverexception: "api_error",
  accessdeniedexception: "permission_error",
  resourcenotfoundexception: "not_found_error",
};

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
};

/** `{type:"error",error:{type,message}}` for an exception of AWS. `status`: if there is one. */
export function messagesError(name: string, message: string, status = 500): string {
  const own = name.toLowerCase();
  const type = (Object.hasOwn(TYPES, own) ? TYPES[own] : undefined) ?? TYPE_OF_STATUS[status] ?? "api_error";
  return JSON.stringify({ type: "error", error: { type, message } });
}

/** The bare type in `ThrottlingException:http://internal.amazon.com/…` and `com.amazon.coral#ThrottlingException`. */
export function awsErrorType(text: string): string {
  const [type = ""] = text.split(":");
  return type.slice(type.lastIndexOf("#") + 1).trim();
}
