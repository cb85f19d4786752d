/**
 * The configuration of the local Worker if optional secrets are set: wrangler passes on only those that `secrets.required` names. On the
 * command line, everybody on this machine could read them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { experimental_readRawConfig } from "wrangler";
import { OPTIONAL_SECRETS } from "../../src/ground/secrets.ts";

interface RawConfig {
  main?: string;
  assets?: { directory?: string };
  d1_databases?: { migrations_dir?: string }[];
  secrets?: { required?: string[] };
}

/** The path of a configuration for these variables and the environment; null: `wrangler.toml` itself is enough. */
export function localConfig(root: string, directory: string, variables: NodeJS.ProcessEnv): string | null {
  const set = OPTIONAL_SECRETS.filter((name) => variables[name]);
  if (set.length === 0) return null;
  const raw = experimental_readRawConfig({ config: join(root, "wrangler.toml") }).rawConfig as RawConfig;
  const from = (path: string | undefined) => path && join(root, path);
  const config = {
    ...raw,
    main: from(raw.main),
    assets: { ...raw.assets, directory: from(raw.assets?.directory) },
    d1_databases: raw.d1_databases?.map((each) => ({ ...each, migrations_dir: from(each.migrations_dir) })),
    secrets: { required: [...(raw.secrets?.required ?? []), ...set] },
  };
  const path = join(directory, "wrangler.json");
  writeFileSync(path, JSON.stringify(config));
  return path;
}
