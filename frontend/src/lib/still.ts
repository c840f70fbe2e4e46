import { token } from "./dom";
import { boundsOf, labelPoint, Plane, type Bounds, type Shapes, type Tone } from "./geo";

/** Shape of each tone in a 20 × 20 box: the same shapes as the chips have. */
export const TONE_PATHS: Record<Tone, string> = {
  info: "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14Z",
  ok: "M4 4h12v12H4Z",
  soon: "M10 2 18 10 10 18 2 10Z",
  late: "M10 2 19 17H1Z",
  quiet: "M4 8h12v4H4Z",
  level1: "M10 2 19 17H1Z",
  level2: "M10 2 18 10 10 18 2 10Z",
  level3: "M4 4h12v12H4Z",
  level4: "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14Z",
};
export const TONE_TOKENS: Record<Tone, string> = {
  info: "indigo",
  ok: "malachite",
  soon: "gamboge",
  late: "vermilion",
  quiet: "ink-soft",
  level1: "level-1",
  level2: "level-2",
  level3: "level-3",
  level4: "level-4",
};

const SVG = "http://www.w3.org/2000/svg";

function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** A map that stands still, drawn as SVG: for browsers without WebGL. A tap still sets the pin. */
export class StillMap {
  private plane: Plane | undefined;
  private svg: SVGElement | undefined;

  constructor(
    private readonly box: HTMLElement,
    private readonly tapped?: (lon: number, lat: number) => void,
  ) {}

  draw(outlines: Shapes, points: Shapes, wanted?: Bounds, pin?: [number, number]): void {
    const bounds = wanted ?? boundsOf(outlines, points);
    this.box.replaceChildren();
    if (!bounds) return;
    const plane = new Plane(bounds);
    this.plane = plane;
    const margin = 20;
    const svg = make("svg", {
      viewBox: `${-margin} ${-margin} ${plane.width + 2 * margin} ${plane.height + 2 * margin}`,
      preserveAspectRatio: "xMidYMid meet",
      "aria-hidden": "true",
      focusable: "false",
    });
    this.svg = svg;
    for (const level of ["grid", "community", "street", "district"] as const) {
      if (level === "grid" && outlines.features.length > 400) continue; // too fine for a still picture
      for (const feature of outlines.features.filter((f) => (f.properties.level ?? "street") === level)) {
        const tone = feature.properties.tone;
        svg.append(
          make("path", {
            d: plane.path(feature.geometry),
            fill: tone ? token(TONE_TOKENS[tone]) : level === "street" ? token("sheet") : "none",
            "fill-opacity": tone ? 0.22 : 1,
            stroke: token(level === "street" || level === "district" ? "ink-soft" : "line"),
            "stroke-width": level === "district" ? 3 : level === "street" ? 2 : 1,
            "stroke-linejoin": "round",
          }),
        );
      }
    }
    for (const feature of outlines.features.filter((f) => (f.properties.level ?? "street") === "street")) {
      const at = labelPoint(feature);
      if (!at || !feature.properties.name) continue;
      const [x, y] = plane.to(at);
      const text = make("text", {
        x,
        y,
        "text-anchor": "middle",
        "font-size": 22,
        fill: token("ink"),
        stroke: token("sheet"),
        "stroke-width": 5,
        "paint-order": "stroke",
      });
      text.textContent = feature.properties.name;
      svg.append(text);
    }
    for (const feature of points.features) {
      if (feature.geometry.type !== "Point") continue;
      const [x, y] = plane.to(feature.geometry.coordinates);
      const tone = feature.properties.tone ?? "info";
      const mark = make("g", { transform: `translate(${x - 12} ${y - 12}) scale(1.2)` });
      mark.append(
        make("path", { d: TONE_PATHS[tone], fill: token(TONE_TOKENS[tone]), stroke: token("sheet"), "stroke-width": 2 }),
      );
      svg.append(mark);
    }
    if (pin) {
      const [x, y] = plane.to(pin);
      svg.append(
        make("path", {
          d: `M${x} ${y}c-8 -18 -20 -26 -20 -40a20 20 0 1 1 40 0c0 14 -12 22 -20 40Z`,
          fill: token("azurite"),
          stroke: token("sheet"),
          "stroke-width": 3,
        }),
      );
    }
    if (this.tapped) svg.addEventListener("click", (event) => this.tap(event as MouseEvent));
    this.box.append(svg);
  }

  private tap(event: MouseEvent): void {
    const svg = this.svg;
    if (!(svg instanceof SVGSVGElement) || !this.plane) return;
    const matrix = svg.getScreenCTM();
    if (!matrix) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    this.tapped?.(...this.plane.from(at.x, at.y));
  }
}
