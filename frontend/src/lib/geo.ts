import type { Feature, FeatureCollection, Geometry, Position } from "geojson";

export type Tone = "info" | "ok" | "soon" | "late" | "quiet" | "level1" | "level2" | "level3" | "level4";
export const TONES: readonly Tone[] = ["info", "ok", "soon", "late", "quiet", "level1", "level2", "level3", "level4"];

/** What outlines and points may say of themselves. */
export interface Said {
  code?: string;
  name?: string;
  level?: "district" | "street" | "community" | "grid";
  tone?: Tone;
  words?: string; // the state in words
  title?: string;
  href?: string;
  at?: [number, number]; // where the name stands, if not in the middle
}

export type Shapes = FeatureCollection<Geometry, Said>;
export type Bounds = [west: number, south: number, east: number, north: number];
export const NOTHING: Shapes = { type: "FeatureCollection", features: [] };

function* positions(geometry: Geometry | null): Generator<Position> {
  if (!geometry) return;
  switch (geometry.type) {
    case "Point":
      yield geometry.coordinates;
      break;
    case "MultiPoint":
    case "LineString":
      yield* geometry.coordinates;
      break;
    case "Polygon":
    case "MultiLineString":
      for (const ring of geometry.coordinates) yield* ring;
      break;
    case "MultiPolygon":
      for (const polygon of geometry.coordinates) for (const ring of polygon) yield* ring;
      break;
    case "GeometryCollection":
      for (const part of geometry.geometries) yield* positions(part);
  }
}

/** The smallest box around everything, or undefined when there is nothing. */
export function boundsOf(...collections: Shapes[]): Bounds | undefined {
  let [west, south, east, north]: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const collection of collections) {
    for (const feature of collection.features) {
      for (const [x = NaN, y = NaN] of positions(feature.geometry)) {
        west = Math.min(west, x);
        east = Math.max(east, x);
        south = Math.min(south, y);
        north = Math.max(north, y);
      }
    }
  }
  return west <= east ? [west, south, east, north] : undefined;
}

/** "108.9,34.2,109.0,34.3" as a box; undefined when it is not four numbers. */
export function readBounds(text: string | null | undefined): Bounds | undefined {
  const numbers = (text ?? "").split(",").map(Number);
  return numbers.length === 4 && numbers.every(Number.isFinite) ? (numbers as unknown as Bounds) : undefined;
}

/** Where a name stands: what the feature says, else the middle of its longest ring. */
export function labelPoint(feature: Feature<Geometry, Said>): Position | undefined {
  if (feature.properties.at) return feature.properties.at;
  const geometry = feature.geometry;
  const rings =
    geometry.type === "Polygon"
      ? [geometry.coordinates[0] ?? []]
      : geometry.type === "MultiPolygon"
        ? geometry.coordinates.map((polygon) => polygon[0] ?? [])
        : [];
  const ring = rings.sort((a, b) => b.length - a.length)[0];
  if (!ring || ring.length < 4) return undefined;
  let area = 0;
  let x = 0;
  let y = 0;
  const [originX = 0, originY = 0] = ring[0] ?? [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x0 = 0, y0 = 0] = ring[i] ?? [];
    const [x1 = 0, y1 = 0] = ring[i + 1] ?? [];
    const cross = (x0 - originX) * (y1 - originY) - (x1 - originX) * (y0 - originY);
    area += cross;
    x += (x0 + x1 - 2 * originX) * cross;
    y += (y0 + y1 - 2 * originY) * cross;
  }
  return area === 0 ? undefined : [originX + x / (3 * area), originY + y / (3 * area)];
}

/** Flat drawing of a district: degrees to units, east to the right, north up, shapes as they are on the ground. */
export class Plane {
  readonly width: number;
  readonly height: number;
  private readonly scaleX: number;
  private readonly scaleY: number;

  constructor(
    readonly bounds: Bounds,
    size = 1000,
  ) {
    const [west, south, east, north] = bounds;
    const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
    const spanX = Math.max((east - west) * squeeze, 1e-9);
    const spanY = Math.max(north - south, 1e-9);
    const scale = size / Math.max(spanX, spanY);
    this.scaleX = scale * squeeze;
    this.scaleY = scale;
    this.width = spanX * scale;
    this.height = spanY * scale;
  }

  to([x = 0, y = 0]: Position): [number, number] {
    return [(x - this.bounds[0]) * this.scaleX, (this.bounds[3] - y) * this.scaleY];
  }

  from(x: number, y: number): [lon: number, lat: number] {
    return [this.bounds[0] + x / this.scaleX, this.bounds[3] - y / this.scaleY];
  }

  path(geometry: Geometry): string {
    const ring = (line: Position[]): string =>
      line.map((at, i) => `${i ? "L" : "M"}${this.to(at).map((v) => v.toFixed(1)).join(" ")}`).join("");
    switch (geometry.type) {
      case "Polygon":
        return geometry.coordinates.map((line) => `${ring(line)}Z`).join("");
      case "MultiPolygon":
        return geometry.coordinates.flatMap((polygon) => polygon.map((line) => `${ring(line)}Z`)).join("");
      case "LineString":
        return ring(geometry.coordinates);
      case "MultiLineString":
        return geometry.coordinates.map(ring).join("");
      default:
        return "";
    }
  }
}
