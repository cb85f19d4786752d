/** Workers: uploads, versions, deployments, secrets, triggers, assets. */
import type { Binding, Deployment, Version, Worker } from "./account.ts";
import type { ApiRequest, Route } from "./cloudflare.ts";
import { type Answer, failure, success, workerNotFound } from "./envelope.ts";

interface Metadata {
  main_module: string;
  bindings: Binding[];
  keep_bindings?: string[];
  migrations?: { old_tag?: string; new_tag: string };
  annotations?: Record<string, string>;
  compatibility_date: string;
  compatibility_flags: string[];
  placement?: unknown;
  observability?: unknown;
}

/** Answers for an existing Worker. */
function forWorker(answer: (worker: Worker, request: ApiRequest) => Answer | Promise<Answer>) {
  return (request: ApiRequest) => {
    const worker = request.account.workers.get(request.parts[0] ?? "");
    return worker ? answer(worker, request) : workerNotFound();
  };
}

async function readUpload({ body, contentType }: ApiRequest): Promise<{ metadata: Metadata; code: string }> {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  const metadata = JSON.parse(String(form.get("metadata"))) as Metadata;
  const main = form.get(metadata.main_module);
  return { metadata, code: main instanceof File ? await main.text() : String(main) };
}

/** The bindings of a new version. A binding to inherit, and a secret to keep, come from the previous version. */
function bindingsOf(metadata: Metadata, before: Version | undefined): Binding[] | Answer {
  const bindings: Binding[] = [];
  for (const binding of metadata.bindings) {
    if (binding.type !== "inherit") {
      bindings.push(binding);
      continue;
    }
    const inherited = before?.bindings.find(({ name }) => name === binding.name);
    if (!inherited)
      return failure(400, 10180, `inherit binding '${binding.name}' does not exist in the previous version`);
    bindings.push(inherited);
  }
  const kept = before?.bindings.filter(
    ({ name, type }) => metadata.keep_bindings?.includes(type) && !bindings.some((binding) => binding.name === name),
  );
  return [...bindings, ...(kept ?? [])];
}

function addVersion(worker: Worker, { metadata, code }: { metadata: Metadata; code: string }): Version | Answer {
  const bindings = bindingsOf(metadata, worker.versions.at(-1));
  if (!Array.isArray(bindings)) return bindings;
  if (metadata.migrations) worker.migration_tag = metadata.migrations.new_tag;
  const version: Version = {
    id: crypto.randomUUID(),
    number: worker.versions.length + 1,
    metadata: { created_on: new Date().toISOString(), source: "wrangler", has_preview: false },
    annotations: metadata.annotations ?? {},
    bindings,
    migration_tag: worker.migration_tag,
    code,
    compatibility_date: metadata.compatibility_date,
    compatibility_flags: metadata.compatibility_flags,
    placement: metadata.placement ?? null,
  };
  worker.versions.push(version);
  return version;
}

function deploy(
  worker: Worker,
  versions: Deployment["versions"],
  annotations: Record<string, string> = {},
): Deployment {
  const deployment: Deployment = {
    id: crypto.randomUUID(),
    source: "wrangler",
    strategy: "percentage",
    // A deployment is later than the one before, even within a millisecond.
    created_on: new Date(
      Math.max(Date.now(), Date.parse(worker.deployments[0]?.created_on ?? "1970") + 1),
    ).toISOString(),
    annotations,
    versions,
  };
  worker.deployments.unshift(deployment);
  return deployment;
}

const isAnswer = (value: Version | Answer): value is Answer => "status" in value;

/** A secret is never shown again. */
const shown = ({ text, ...binding }: Binding) => (binding.type === "secret_text" ? binding : { ...binding, text });

const view = (version: Version) => ({
  id: version.id,
  number: version.number,
  metadata: version.metadata,
  annotations: version.annotations,
  startup_time_ms: 21,
  resources: {
    bindings: version.bindings.map(shown),
    script: { etag: "e".repeat(64), handlers: ["fetch", "scheduled"], last_deployed_from: "wrangler" },
    script_runtime: {
      compatibility_date: version.compatibility_date,
      compatibility_flags: version.compatibility_flags,
      usage_model: "standard",
      ...(version.migration_tag && { migration_tag: version.migration_tag }),
    },
  },
});

async function putScript(request: ApiRequest): Promise<Answer> {
  const name = request.parts[0] ?? "";
  const upload = await readUpload(request);
  const fresh: Worker = {
    name,
    versions: [],
    deployments: [],
    migration_tag: null,
    workersDev: false,
    crons: [],
    observability: null,
  };
  const worker = request.account.workers.get(name) ?? fresh;
  const version = addVersion(worker, upload);
  if (isAnswer(version)) return version;
  worker.observability = upload.metadata.observability ?? null;
  request.account.workers.set(name, worker);
  deploy(worker, [{ version_id: version.id, percentage: 100 }]);
  return success({
    id: name,
    etag: "e".repeat(64),
    startup_time_ms: 21,
    deployment_id: version.id.replaceAll("-", ""),
  });
}

async function postVersion(worker: Worker, request: ApiRequest): Promise<Answer> {
  const upload = await readUpload(request);
  if (upload.metadata.migrations) {
    return failure(400, 10211, "migrations must be fully applied by running a non-versioned deployment");
  }
  const version = addVersion(worker, upload);
  return isAnswer(version) ? version : success(view(version));
}

function postDeployment(worker: Worker, { body }: ApiRequest): Answer {
  const { versions, annotations } = JSON.parse(body.toString()) as Pick<Deployment, "versions" | "annotations">;
  const missing = versions.find(({ version_id }) => !worker.versions.some(({ id }) => id === version_id));
  if (missing) return failure(400, 10022, `Version ${missing.version_id} does not exist`);
  if (versions.reduce((sum, { percentage }) => sum + percentage, 0) !== 100) {
    return failure(400, 10021, "percentages must add up to 100");
  }
  return success(deploy(worker, versions, annotations));
}

const current = (worker: Worker): Version | undefined =>
  worker.versions.find(({ id }) => id === worker.deployments[0]?.versions[0]?.version_id);

export const WORKER_ROUTES: readonly Route[] = [
  [
    "GET",
    /^\/workers\/services\/([^/]+)$/,
    forWorker((worker) =>
      success({
        id: worker.name,
        default_environment: {
          environment: "production",
          script: {
            id: worker.name,
            tag: "t".repeat(32),
            tags: [],
            last_deployed_from: "wrangler",
            migration_tag: worker.migration_tag,
          },
        },
      }),
    ),
  ],
  [
    "GET",
    /^\/workers\/workers\/([^/]+)$/,
    forWorker((worker) =>
      success({
        id: "w".repeat(32),
        name: worker.name,
        subdomain: { enabled: worker.workersDev, previews_enabled: false },
      }),
    ),
  ],
  ["PUT", /^\/workers\/scripts\/([^/]+)$/, putScript],
  ["POST", /^\/workers\/scripts\/([^/]+)\/versions$/, forWorker(postVersion)],
  [
    "GET",
    /^\/workers\/scripts\/([^/]+)\/versions$/,
    forWorker((worker) => success({ items: worker.versions.toReversed().map(view) })),
  ],
  [
    "GET",
    /^\/workers\/scripts\/([^/]+)\/versions\/([^/]+)$/,
    forWorker((worker, { parts }) => {
      const version = worker.versions.find(({ id }) => id === parts[1]);
      return version ? success(view(version)) : failure(404, 10022, "Version not found");
    }),
  ],
  ["GET", /^\/workers\/scripts\/([^/]+)\/deployments$/, forWorker(({ deployments }) => success({ deployments }))],
  ["POST", /^\/workers\/scripts\/([^/]+)\/deployments$/, forWorker(postDeployment)],
  [
    "GET",
    /^\/workers\/scripts\/([^/]+)\/settings$/,
    forWorker((worker) => success({ bindings: current(worker)?.bindings.map(shown) ?? [] })),
  ],
  [
    "PATCH",
    /^\/workers\/scripts\/([^/]+)\/script-settings$/,
    forWorker((worker, { body }) => {
      worker.observability =
        (JSON.parse(body.toString()) as { observability?: unknown }).observability ?? worker.observability;
      return success({});
    }),
  ],
  [
    "GET",
    /^\/workers\/scripts\/([^/]+)\/secrets$/,
    forWorker((worker) =>
      success(
        (current(worker)?.bindings ?? [])
          .filter(({ type }) => type === "secret_text")
          .map(({ name, type }) => ({ name, type })),
      ),
    ),
  ],
  // A changed secret is a new version, which serves at once.
  [
    "PUT",
    /^\/workers\/scripts\/([^/]+)\/secrets$/,
    forWorker((worker, { body }) => {
      const secret = JSON.parse(body.toString()) as Binding;
      const before = current(worker);
      if (!before) return workerNotFound();
      const bindings = [...before.bindings.filter(({ name }) => name !== secret.name), secret];
      const version = { ...before, id: crypto.randomUUID(), number: worker.versions.length + 1, bindings };
      worker.versions.push(version);
      deploy(worker, [{ version_id: version.id, percentage: 100 }]);
      return success({ name: secret.name, type: secret.type });
    }),
  ],
  [
    "PUT",
    /^\/workers\/scripts\/([^/]+)\/schedules$/,
    forWorker((worker, { body }) => {
      worker.crons = (JSON.parse(body.toString()) as { cron: string }[]).map(({ cron }) => cron);
      return success({ schedules: worker.crons.map((cron) => ({ cron })) });
    }),
  ],
  [
    "GET",
    /^\/workers\/scripts\/([^/]+)\/subdomain$/,
    forWorker((worker) => success({ enabled: worker.workersDev, previews_enabled: false })),
  ],
  [
    "POST",
    /^\/workers\/scripts\/([^/]+)\/subdomain$/,
    forWorker((worker, { body }) => {
      worker.workersDev = (JSON.parse(body.toString()) as { enabled: boolean }).enabled;
      return success({ enabled: worker.workersDev, previews_enabled: false });
    }),
  ],
  [
    "GET",
    /^\/workers\/subdomain$/,
    ({ account }) =>
      account.subdomain === null
        ? failure(404, 10007, "workers.api.error.subdomain_not_found")
        : success({ subdomain: account.subdomain }),
  ],
  [
    "PUT",
    /^\/workers\/subdomain$/,
    ({ account, body }) => {
      const { subdomain } = JSON.parse(body.toString()) as { subdomain: string };
      if (subdomain === "taken") return failure(409, 10031, "workers.api.error.subdomain_unavailable");
      account.subdomain = subdomain;
      return success({ subdomain });
    },
  ],
  // Everything was uploaded before, so the session says at once that it is complete.
  [
    "POST",
    /^\/workers\/scripts\/([^/]+)\/assets-upload-session$/,
    () => success({ jwt: "header.e30.signature", buckets: [] }),
  ],
];
