/**
 * Builds the console into dist/console, the directory that wrangler.toml serves: the app under web/, and beside it the `_headers` file that
 * Cloudflare reads only from the root of the assets. There is no JSX plugin, because the compiler reads `jsx` from tsconfig.json.
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
    // The policy allows no `data:` for scripts or styles. The polyfill is only for browsers that `target` excludes anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // One file has what every page uses. Split by importers it would be six files, which compress worse. The relay's texts about
        // faults belong only to the book of phrases, and parts that few pages use come with those pages.
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
