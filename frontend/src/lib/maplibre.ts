import type { Map as MapLibreMap, Marker, StyleSpecification } from "maplibre-gl";
import { prefersStill, token } from "./dom";
import { boundsOf, labelPoint, TONES, type Bounds, type Shapes } from "./geo";
import { TONE_PATHS, TONE_TOKENS } from "./still";
import { say } from "./words";

type Library = typeof import("maplibre-gl");
let library: Promise<Library> | undefined;

/** MapLibre with its worker as a file of our own: the security policy allows no blob and no eval. */
export function loadLibrary(): Promise<Library> {
  library ??= (async () => {
    const [maplibre, worker] = await Promise.all([
      import("maplibre-gl"),
      import("maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url"),
      import("maplibre-gl/dist/maplibre-gl.css"),
    ]);
    maplibre.setWorkerUrl(worker.default);
    maplibre.setWorkerCount(1);
    return maplibre;
  })();
  return library;
}

/** Whether this browser can draw with WebGL 2 at all. */
export function hasWebGL(): boolean {
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return context !== null;
  } catch {
    return false;
  }
}

function style(outlines: Shapes, points: Shapes): StyleSpecification {
  const colour = (name: string): string => token(name);
  const level = ["coalesce", ["get", "level"], "street"] as const;
  const toneColour = [
    "match",
    ["coalesce", ["get", "tone"], ""],
    ...TONES.flatMap((tone) => [tone, colour(TONE_TOKENS[tone])]),
    colour("sheet"),
  ];
  return {
    version: 8,
    sources: {
      outlines: { type: "geojson", data: outlines },
      points: { type: "geojson", data: points },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("wash") } },
      {
        id: "areas",
        type: "fill",
        source: "outlines",
        filter: ["any", ["==", level, "street"], ["has", "tone"]],
        paint: { "fill-color": toneColour, "fill-opacity": ["case", ["has", "tone"], 0.25, 1] },
      },
      {
        id: "grids",
        type: "line",
        source: "outlines",
        minzoom: 13.5,
        filter: ["==", level, "grid"],
        paint: { "line-color": colour("line"), "line-width": 0.75 },
      },
      {
        id: "communities",
        type: "line",
        source: "outlines",
        filter: ["==", level, "community"],
        paint: { "line-color": colour("line"), "line-width": 1 },
      },
      {
        id: "streets",
        type: "line",
        source: "outlines",
        filter: ["in", level, ["literal", ["street", "district"]]],
        paint: { "line-color": colour("ink-soft"), "line-width": 1.4 },
      },
      {
        id: "points",
        type: "symbol",
        source: "points",
        layout: {
          "icon-image": ["concat", "tone-", ["coalesce", ["get", "tone"], "info"]],
          "icon-allow-overlap": true,
        },
      },
    ] as unknown as StyleSpecification["layers"],
  };
}

/** Draws each tone's shape as an image, so that the points need no font. */
function addMarks(map: MapLibreMap): void {
  const ratio = 2;
  for (const tone of TONES) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 22 * ratio;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.translate(1, 1);
    const shape = new Path2D(TONE_PATHS[tone]);
    context.lineWidth = 2;
    context.strokeStyle = token("sheet");
    context.stroke(shape);
    context.fillStyle = token(TONE_TOKENS[tone]);
    context.fill(shape);
    const name = `tone-${tone}`;
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    if (map.hasImage(name)) map.updateImage(name, image);
    else map.addImage(name, image, { pixelRatio: ratio });
  }
}

/** A map without tiles and glyphs: outlines, points, and names as HTML. */
export class DrawnMap {
  private labels: Marker[] = [];
  private pin: Marker | undefined;

  private constructor(
    private readonly maplibre: Library,
    readonly map: MapLibreMap,
    private outlines: Shapes,
    private points: Shapes,
  ) {}

  static async make(box: HTMLElement, label: string, outlines: Shapes, points: Shapes, wanted?: Bounds): Promise<DrawnMap> {
    const maplibre = await loadLibrary();
    const bounds = wanted ?? boundsOf(outlines, points);
    const map = new maplibre.Map({
      container: box,
      style: style(outlines, points),
      ...(bounds ? { bounds, fitBoundsOptions: { padding: 24 } } : {}),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      cooperativeGestures: matchMedia("(pointer: coarse)").matches,
      locale: {
        "Map.Title": label,
        "NavigationControl.ZoomIn": say(["放大", "Zoom in"]),
        "NavigationControl.ZoomOut": say(["缩小", "Zoom out"]),
        "CooperativeGesturesHandler.MobileHelpText": say(["用两个手指移动地图", "Use two fingers to move the map"]),
        "Popup.Close": say(["关闭", "Close"]),
      },
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    const drawn = new DrawnMap(maplibre, map, outlines, points);
    map.on("style.load", () => addMarks(map));
    map.on("load", () => drawn.drawLabels());
    map.on("zoomend", () => drawn.showLabels());
    return drawn;
  }

  /** Colours follow when the page turns light or dark. */
  repaint(): void {
    this.map.setStyle(style(this.outlines, this.points), { diff: false });
  }

  setPoints(points: Shapes): void {
    this.points = points;
    const source = this.map.getSource("points");
    if (source && "setData" in source) (source as unknown as { setData(data: Shapes): void }).setData(points);
  }

  setPin(lon: number, lat: number): void {
    if (!this.pin) {
      const element = document.createElement("div");
      element.className = "map-pin";
      element.innerHTML =
        '<svg viewBox="0 0 36 44" width="36" height="44" aria-hidden="true"><path d="M18 43C13 32 3 27 3 16a15 15 0 1 1 30 0c0 11-10 16-15 27Z" fill="currentColor" stroke="var(--sheet)" stroke-width="2"/><circle cx="18" cy="16" r="5" fill="var(--sheet)"/></svg>';
      this.pin = new this.maplibre.Marker({ element, anchor: "bottom" }).setLngLat([lon, lat]).addTo(this.map);
      // MapLibre makes each marker a button; this one only shows, the words beside the map say where it is.
      element.removeAttribute("role");
      element.removeAttribute("aria-label");
      element.removeAttribute("tabindex");
      element.setAttribute("aria-hidden", "true");
    }
    this.pin.setLngLat([lon, lat]);
    if (!this.map.getBounds().contains([lon, lat])) this.move(lon, lat);
  }

  clearPin(): void {
    this.pin?.remove();
    this.pin = undefined;
  }

  move(lon: number, lat: number, zoom?: number): void {
    this.map.easeTo({
      center: [lon, lat],
      ...(zoom === undefined ? {} : { zoom: Math.max(zoom, this.map.getZoom()) }),
      duration: prefersStill() ? 0 : 150,
    });
  }

  private drawLabels(): void {
    for (const label of this.labels) label.remove();
    this.labels = [];
    for (const feature of this.outlines.features) {
      const { name, level = "street" } = feature.properties;
      if (!name || (level !== "street" && level !== "community")) continue;
      const at = labelPoint(feature);
      if (!at) continue;
      const element = document.createElement("div");
      element.className = "map-label";
      element.dataset["level"] = level;
      element.textContent = name;
      const marker = new this.maplibre.Marker({ element }).setLngLat([at[0] ?? 0, at[1] ?? 0]).addTo(this.map);
      element.removeAttribute("role");
      element.removeAttribute("tabindex");
      element.removeAttribute("aria-label");
      element.setAttribute("aria-hidden", "true");
      this.labels.push(marker);
    }
    this.showLabels();
  }

  private showLabels(): void {
    const near = this.map.getZoom() >= 13.5;
    for (const label of this.labels) {
      const element = label.getElement();
      element.hidden = (element.dataset["level"] === "community") !== near;
    }
  }

  remove(): void {
    this.map.remove();
  }
}
