/**
 * Where Vertex AI has its models. Every location has its own host: people configure the location, and the base URL follows from it.
 * Source: Google, "Deployments and endpoints"; Anthropic's own Vertex SDK for the locations that span several regions.
 */
import { regionalBaseUrls } from "../base-url.ts";
import type { GivenCredential } from "../kind.ts";

const SEVERAL_REGIONS: ReadonlySet<string> = new Set(["us", "eu"]);
const OF_A_REGION = /^https:\/\/(?:[a-z0-9-]+-)?aiplatform(?:\.(?:us|eu)\.rep)?\.googleapis\.com$/;
/** The name of a model, with its version after an `@`, that cannot be `..` in a path. */
const MODEL = /^(?=.*[A-Za-z0-9])[\w.-]{1,150}(?:@[\w.-]{1,50})?$/;

export const VERTEX_BASE_URLS = regionalBaseUrls(addressOf, OF_A_REGION, /\/v1(?:beta1)?(?:\/projects(?:\/.*)?)?$/);

/** The URL of `model:action`; `publisher` is the maker of the model. Null for a name that no path can contain. */
export function modelUrl(
  baseUrl: string,
  { project, region }: { project: string; region: string },
  publisher: "anthropic" | "google",
  model: string,
  action: string,
): string | null {
  if (!MODEL.test(model)) return null;
  return `${baseUrl}/v1/projects/${project}/locations/${region}/publishers/${publisher}/models/${model}:${action}`;
}

function addressOf(given: GivenCredential): string | null {
  if (given.type !== "service-account") return null;
  const { region } = given;
  if (region === "global") return "https://aiplatform.googleapis.com";
  if (SEVERAL_REGIONS.has(region)) return `https://aiplatform.${region}.rep.googleapis.com`;
  return `https://${region}-aiplatform.googleapis.com`;
}
