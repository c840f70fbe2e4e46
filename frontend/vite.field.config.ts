import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ICONS = "virtual:field-icons";

type Shape = [tag: string, attributes: Record<string, string>];

/** One shape of an icon as the commands of a path. */
function commands([tag, given]: Shape): string {
  const n = (name: string): number => Number(given[name] ?? 0);
  const oval = (rx: number, ry: number): string =>
    `M${n("cx") - rx} ${n("cy")}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
  switch (tag) {
    case "path":
      // The first step of a path counts from its own corner; behind another shape it must say so.
      return (given["d"] ?? "").replace(/^m\s*(-?\d*\.?\d+)[\s,]*(-?\d*\.?\d+)/, "M$1 $2m0 0");
    case "circle":
      return oval(n("r"), n("r"));
    case "ellipse":
      return oval(n("rx"), n("ry"));
    case "line":
      return `M${n("x1")} ${n("y1")}L${n("x2")} ${n("y2")}`;
    case "polyline":
    case "polygon":
      return `M${given["points"]}${tag === "polygon" ? "Z" : ""}`;
    case "rect": {
      const [width, height, r] = [n("width"), n("height"), n("rx") || n("ry")];
      const turn = (x: number, y: number): string => (r ? `a${r} ${r} 0 0 1 ${x} ${y}` : "");
      return `M${n("x") + r} ${n("y")}h${width - 2 * r}${turn(r, r)}v${height - 2 * r}${turn(-r, r)}h${2 * r - width}${turn(-r, -r)}v${2 * r - height}${turn(r, -r)}Z`;
    }
    default:
      throw new Error(`no path for <${tag}>`);
  }
}

/** The icons of field-icons.json inside the script: a second file would be a second wait on a bad line. */
function fieldIcons(): Plugin {
  return {
    name: "gongbi-field-icons",
    resolveId: (id) => (id === ICONS ? `\0${ICONS}` : undefined),
    load(id) {
      if (id !== `\0${ICONS}`) return undefined;
      const names = JSON.parse(readFileSync(here("./field-icons.json"), "utf8")) as string[];
      const nodes = JSON.parse(
        readFileSync(here("./node_modules/lucide-static/icon-nodes.json"), "utf8"),
      ) as Record<string, Shape[]>;
      const drawn = names.map((name) => {
        const shapes = nodes[name];
        if (!shapes) throw new Error(`field-icons.json names "${name}", which Lucide does not have`);
        return [name, shapes.map(commands).join("")];
      });
      return `export default ${JSON.stringify(Object.fromEntries(drawn))};`;
    },
  };
}

/** The field app: one script and one style sheet, so that its first start is one round trip after the page itself. */
export default defineConfig({
  root: here("."),
  base: "",
  publicDir: false,
  plugins: [fieldIcons()],
  build: {
    outDir: here("../src/gongbi/look/static/look/built"),
    emptyOutDir: false,
    manifest: "field.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["es2020", "chrome87", "safari14", "firefox90"],
    rolldownOptions: { input: { field: here("./src/field/app.ts") } },
  },
});
