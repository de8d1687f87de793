/**
 * Bundles the viewer with Cornerstone3D into built/viewer at set-up: hashed names, a manifest that says which file is the
 * entry, and gzip copies beside what a page loads (the web server hands those out as they are).
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const outDir = fileURLToPath(new URL("../built/viewer", import.meta.url));
const WORTH_PACKING = /\.(js|css|wasm)$/;

const gzipCopies = {
  name: "gzip-copies",
  closeBundle() {
    for (const name of readdirSync(join(outDir, "assets"))) {
      if (!WORTH_PACKING.test(name)) continue;
      const path = join(outDir, "assets", name);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  },
};

export default defineConfig({
  root: here,
  base: "./",
  publicDir: false,
  logLevel: "warn",
  worker: { format: "es" },
  plugins: [gzipCopies],
  // Cornerstone3D would keep what it finds of the graphics card there; nothing of ours is kept in a browser.
  define: { "window.localStorage": "{}" },
  build: {
    outDir,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    chunkSizeWarningLimit: 10_000,
    rollupOptions: { input: join(here, "main.mjs"), preserveEntrySignatures: "strict" },
  },
});
