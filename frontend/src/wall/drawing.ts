import { boundsOf, labelPoint, Plane, type Shapes } from "../lib/geo";
import { say } from "../lib/words";
import { ALARM, depth, DRILL, DUTY, figure, INCIDENT, LATE, level, OPEN, warnings, type Cell } from "./figures";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 12;

interface Area {
  code: string;
  name: string;
  group: SVGGElement;
  title: SVGTitleElement;
  words: SVGTextElement;
  number: SVGTextElement;
  marks: SVGTextElement;
  at: [number, number];
  width: number;
  height: number;
}

function make<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export interface Opened {
  open(code: string): void;
  told(name: string, cell: Cell): string;
}

/** The divisions of one level as a drawing: drawn once for each place, then only its numbers change. */
export class Drawing {
  private areas: Area[] = [];
  private plane: Plane | undefined;
  private svg: SVGSVGElement | undefined;
  private readonly sizes: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    private readonly opened: Opened,
  ) {
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(box);
  }

  remove(): void {
    this.sizes.disconnect();
    this.box.replaceChildren();
    this.areas = [];
  }

  draw(shapes: Shapes): void {
    this.areas = [];
    const bounds = boundsOf(shapes);
    if (!bounds) {
      this.box.replaceChildren();
      this.svg = undefined;
      return;
    }
    const plane = new Plane(bounds);
    this.plane = plane;
    const svg = make("svg", {
      viewBox: `${-MARGIN} ${-MARGIN} ${plane.width + 2 * MARGIN} ${plane.height + 2 * MARGIN}`,
      preserveAspectRatio: "xMidYMid meet",
    });
    const labels = make("g", { class: "wall-labels", "aria-hidden": "true" });
    for (const feature of shapes.features) {
      const code = feature.properties.code ?? "";
      const name = feature.properties.name ?? code;
      const own = (feature.properties as { label?: [number, number] }).label;
      const point = own ?? labelPoint(feature);
      if (!code || !point) continue;
      const edges = boundsOf({ type: "FeatureCollection", features: [feature] });
      const [left, top] = edges ? plane.to([edges[0], edges[3]]) : [0, 0];
      const [right, bottom] = edges ? plane.to([edges[2], edges[1]]) : [0, 0];
      const group = make("g", { class: "wall-area", tabindex: 0, role: "button", "data-code": code });
      const title = make("title");
      group.append(title, make("path", { d: plane.path(feature.geometry) }));
      group.addEventListener("click", () => this.opened.open(code));
      group.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.opened.open(code);
      });
      const [words, number, marks] = [
        make("text", { class: "wall-name" }),
        make("text", { class: "wall-number" }),
        make("text", { class: "wall-marks" }),
      ];
      words.textContent = name;
      labels.append(words, number, marks);
      svg.append(group);
      this.areas.push({
        code, name, group, title, words, number, marks, at: plane.to(point), width: right - left, height: bottom - top,
      });
    }
    svg.append(labels);
    this.svg = svg;
    this.box.replaceChildren(svg);
    this.fit();
  }

  /** Names stand where they have room; the number stands almost everywhere; all of it stands in the table. */
  private fit(): void {
    if (!this.plane || !this.svg) return;
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (!width || !height) return;
    const scale = Math.min(width / (this.plane.width + 2 * MARGIN), height / (this.plane.height + 2 * MARGIN));
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const size = Math.min(rem * 1.05, Math.max(rem * 0.7, width / 42)) / scale;
    for (const area of this.areas) {
      const wide = [...area.name].length * size * 1.06;
      const roomy = area.width > wide * 1.1 && area.height > size * 3.4;
      const edge = roomy ? wide / 2 : size;
      const x = Math.min(Math.max(area.at[0], edge - MARGIN), this.plane.width + MARGIN - edge);
      const y = area.at[1];
      const some = area.width > size * 1.6 && area.height > size * 1.3;
      area.words.toggleAttribute("hidden", !roomy);
      area.marks.toggleAttribute("hidden", !roomy);
      area.number.toggleAttribute("hidden", !some);
      const line = (text: SVGTextElement, dy: number, font: number): void => {
        text.setAttribute("x", x.toFixed(1));
        text.setAttribute("y", (y + dy).toFixed(1));
        text.setAttribute("font-size", font.toFixed(2));
      };
      line(area.words, -size * 0.85, size);
      line(area.number, roomy ? size * 0.45 : size * 0.35, roomy ? size * 1.25 : size * 0.85);
      line(area.marks, size * 1.55, size * 0.8);
    }
  }

  update(of: Map<string, Cell>): void {
    let most = 0;
    for (const cell of of.values()) most = Math.max(most, figure(cell, OPEN));
    for (const area of this.areas) {
      const cell = of.get(area.code) ?? [];
      const said = this.opened.told(area.name, cell);
      if (area.title.textContent === said) {
        set(area.group, "data-depth", String(depth(figure(cell, OPEN), most)));
        continue;
      }
      area.title.textContent = said;
      area.group.setAttribute("aria-label", said);
      set(area.group, "data-depth", String(depth(figure(cell, OPEN), most)));
      set(area.group, "data-late", String(figure(cell, LATE) > 0));
      set(area.group, "data-level", String(level(cell)));
      area.number.textContent = String(figure(cell, OPEN));
      const mark = (kind: string, sign: string, count: number): SVGTSpanElement[] => {
        if (!count) return [];
        const span = make("tspan", { class: `mark-${kind}`, dx: "0.25em" });
        span.textContent = `${sign}${count}`;
        return [span];
      };
      area.marks.replaceChildren(
        ...mark("incident", "★", figure(cell, INCIDENT)),
        ...mark("drill", say(["演练", "drill "]), figure(cell, DRILL)),
        ...mark("late", "▲", figure(cell, LATE)),
        ...mark(`level${level(cell)}`, "◆", warnings(cell)),
        ...mark("alarm", "●", figure(cell, ALARM)),
        ...mark("duty", "■", figure(cell, DUTY)),
      );
    }
  }
}

function set(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
