import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

type Node = [tag: string, attributes: Record<string, string>];

/** One sprite of the icons named in icons.json, taken from the Lucide package, and a small index for the template tag. */
function iconSprite(): Plugin {
  return {
    name: "gongbi-icons",
    apply: "build",
    generateBundle() {
      const names = JSON.parse(readFileSync(here("./icons.json"), "utf8")) as string[];
      const nodes = JSON.parse(
        readFileSync(here("./node_modules/lucide-static/icon-nodes.json"), "utf8"),
      ) as Record<string, Node[]>;
      const symbols = names.map((name) => {
        const shapes = nodes[name];
        if (!shapes) throw new Error(`icons.json names "${name}", which Lucide does not have`);
        const body = shapes
          .map(([tag, attributes]) => {
            const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
            return `<${tag}${written.join("")}/>`;
          })
          .join("");
        return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
      });
      const source = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
      const reference = this.emitFile({ type: "asset", name: "icons.svg", source });
      this.emitFile({
        type: "asset",
        fileName: "icons.json",
        source: JSON.stringify({ file: this.getFileName(reference), names: [...names].sort() }),
      });
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "",
  plugins: [iconSprite()],
  publicDir: false,
  worker: { format: "es" },
  build: {
    outDir: here("../src/gongbi/look/static/look/built"),
    emptyOutDir: true,
    manifest: "manifest.json",
    // No data: addresses, so that the content security policy can stay at 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["es2020", "chrome87", "safari14", "firefox90"],
    sourcemap: false,
    chunkSizeWarningLimit: 1300, // MapLibre is one piece; it is loaded only where a map is near the screen
    rolldownOptions: {
      checks: { eval: false }, // htmx carries one; allowEval in base.ts keeps it from ever running
      input: {
        base: here("./src/base.ts"),
        form: here("./src/form.ts"),
        map: here("./src/map.ts"),
        board: here("./src/board.ts"),
        desk: here("./src/desk.ts"),
        wall: here("./src/wall.ts"),
      },
    },
  },
});
