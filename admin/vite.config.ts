/**
 * Builds the console into dist/console, the directory that wrangler.toml serves: the app under web/, and beside it the
 * `_headers` file that Cloudflare reads only from the root of the assets. No JSX plugin: the compiler reads `jsx` from
 * tsconfig.json.
 */
import { copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/web/",
  build: {
    outDir: here("../dist/console/web"),
    emptyOutDir: true,
    target: "es2023",
    // The policy has no `data:` for scripts or styles, and the polyfill is for browsers that `target` leaves out anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // One file holds what every page is made of; cut up by who imports what, it would be six that compress worse. What the relay says
        // of faults is for the book of phrases alone; and parts that few pages have come with those.
        codeSplitting: {
          groups: [
            {
              name: "console",
              test: /node_modules\/(?!eventsource-parser)|src\/(?!pages\/[\w-]+\/|shell\/outage|palette\/|charts\/|csv\/|parts\/(?:tabs|ring|spark|range)|locale\/(?:en\/|zh-cn|phrases-)|providers\/|account-check\/)/,
            },
          ],
        },
      },
    },
  },
  plugins: [
    {
      name: "console-headers",
      async writeBundle() {
        await copyFile(here("_headers"), here("../dist/console/_headers"));
      },
    },
  ],
  // `vite --config admin/vite.config.ts` serves the page with hot reload; the API is the relay that `npm start` runs.
  server: {
    host: "127.0.0.1",
    proxy: { "/admin": process.env.RELAY_URL ?? "http://127.0.0.1:8787" },
  },
});
