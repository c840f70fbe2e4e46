import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The field app's service worker: one file by a fixed name, without imports, beside what vite.config.ts built. */
export default defineConfig({
  root: here("."),
  publicDir: false,
  build: {
    outDir: here("../src/gongbi/look/static/look/built"),
    emptyOutDir: false,
    target: ["es2020", "chrome87", "safari14", "firefox90"],
    rolldownOptions: {
      input: here("./src/field/worker.ts"),
      output: { format: "iife", entryFileNames: "field-worker.js" },
    },
  },
});
