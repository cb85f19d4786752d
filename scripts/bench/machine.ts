/** The machine and the versions on which something was measured. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
  workerd: string;
  wrangler: string;
  /** ISO 8601. */
  date: string;
}

/** `root` is the checkout. */
export function machineHere(root: string): Machine {
  const version = (name: string): string =>
    JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
    cores: availableParallelism(),
    memoryGb: totalmem() / 1024 ** 3,
    system: `${process.platform} ${release().split("-")[0]}`,
    node: process.versions.node,
    workerd: version("workerd"),
    wrangler: version("wrangler"),
    date: new Date().toISOString(),
  };
}

/** As one line. */
export function machineLine({ cpu, cores, memoryGb, system, node, workerd, wrangler, date }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb.toFixed(0)} GB, ${system}; Node ${node}, workerd ${workerd}, wrangler ${wrangler}; ${date.slice(0, 10)}.`;
}
