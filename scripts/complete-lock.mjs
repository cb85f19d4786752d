/**
 * Makes package-lock.json complete for every platform.
 *
 * npm records an optional platform package (`@esbuild/darwin-arm64`, …) only if the registry that it asked has it. With a partial mirror
 * the result is a lock that `npm ci` refuses ("Missing: … from lock file"). This adds the missing entries from what their parents pin: an
 * exact version, with the os and cpu that the package's own name states. It does not guess anything that is not pinned exactly.
 *
 *   node scripts/complete-lock.mjs           writes the lock
 *   node scripts/complete-lock.mjs --check   exits 1 if something is missing, or a registry host is named
 */
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../package-lock.json", import.meta.url);
const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPUS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"];
const ALIASES = { windows: "win32", win: "win32", 64: "x64", amd64: "x64", armv7: "arm", armhf: "arm" };

/** The os and cpu in a platform package's name: `@x/y-darwin-arm64` gives `{ os: ["darwin"], cpu: ["arm64"] }`. */
function platformOf(name) {
  const words = name
    .split("/")
    .pop()
    .split(/[-_.]/)
    .map((word) => ALIASES[word] ?? word);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => CPUS.includes(word));
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }) };
}

/** Entries that parents pin but the lock lacks, keyed by their path in `packages`. */
function missingEntries(packages) {
  const missing = {};
  for (const [path, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (!/^\d+\.\d+\.\d+/.test(version)) continue;
      const nested = `${path}/node_modules/${name}`;
      const hoisted = `node_modules/${name}`;
      if (packages[nested]?.version === version || packages[hoisted]?.version === version) continue;
      const at = packages[hoisted] || missing[hoisted] ? nested : hoisted;
      if (missing[hoisted]?.version === version) continue;
      missing[at] = { version, ...(parent.dev && { dev: true }), optional: true, ...platformOf(name) };
    }
  }
  return missing;
}

const text = readFileSync(FILE, "utf8");
const lock = JSON.parse(text);
const missing = missingEntries(lock.packages);
const hosts = [...text.matchAll(/"resolved": "(.*?)"/g)].map((match) => match[1]);

if (process.argv.includes("--check")) {
  for (const path of Object.keys(missing)) console.error(`package-lock.json lacks ${path}; run: npm run lock`);
  for (const host of hosts) console.error(`package-lock.json names a download address: ${host}`);
  process.exit(Object.keys(missing).length + hosts.length > 0 ? 1 : 0);
}
lock.packages = Object.fromEntries(
  Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${Object.keys(missing).length} platform entries added`);
