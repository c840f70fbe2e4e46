import { html, type TemplateResult } from "lit";
import { Island, getJson, onAppearance, onNear } from "../lib/dom";
import { NOTHING, readBounds, type Said, type Shapes, type Tone } from "../lib/geo";
import { DrawnMap, hasWebGL, loadLibrary } from "../lib/maplibre";
import { StillMap, TONE_PATHS } from "../lib/still";
import { announce, say } from "../lib/words";

/**
 * <gb-map outlines="…json" points="…json" bounds="w,s,e,n" label="…">: points and areas by state, read only.
 *
 * What the server wrote inside it (a link to the table, or the table) stays below the map. It wakes up when it comes near
 * the screen, and fetches its points anew on "gb:live".
 */
export class ReadMap extends Island {
  private drawn: DrawnMap | undefined;
  private still: StillMap | undefined;
  private outlines: Shapes = NOTHING;
  private points: Shapes = NOTHING;
  private trouble = "";
  private stopWaiting: (() => void) | undefined;
  private stopWatching: (() => void) | undefined;

  /** The map stands above what the server wrote. */
  protected override createRenderRoot(): HTMLElement {
    const box = document.createElement("div");
    box.className = "island";
    this.prepend(box);
    return box;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("gb:live", this.refresh);
    this.stopWaiting = onNear(this, () => void this.start());
  }

  override disconnectedCallback(): void {
    this.stopWaiting?.();
    this.removeEventListener("gb:live", this.refresh);
    this.stopWatching?.();
    this.drawn?.remove();
    this.drawn = undefined;
    super.disconnectedCallback();
  }

  private async fetchShapes(attribute: "outlines" | "points"): Promise<Shapes> {
    const url = this.getAttribute(attribute);
    return url ? getJson<Shapes>(url) : NOTHING;
  }

  readonly refresh = async (): Promise<void> => {
    try {
      this.points = await this.fetchShapes("points");
    } catch {
      return; // the old points stay; the next event tries again
    }
    this.requestUpdate();
    this.drawn?.setPoints(this.points);
    this.still?.draw(this.outlines, this.points, readBounds(this.getAttribute("bounds")));
  };

  private async start(): Promise<void> {
    await this.updateComplete;
    const box = this.querySelector<HTMLElement>(".map-canvas");
    if (!box || this.drawn || this.still) return;
    try {
      [this.outlines, this.points] = await Promise.all([this.fetchShapes("outlines"), this.fetchShapes("points")]);
    } catch {
      this.trouble = say(["地图没有取到，请看下面的表格。", "The map could not be fetched. Please see the table."]);
      this.dataset["map"] = "none";
      this.requestUpdate();
      return;
    }
    const bounds = readBounds(this.getAttribute("bounds"));
    const label = this.getAttribute("label") ?? say(["地图", "Map"]);
    if (hasWebGL()) {
      try {
        this.drawn = await DrawnMap.make(box, label, this.outlines, this.points, bounds);
        this.dataset["map"] = "drawn";
        this.drawn.map.on("click", "points", (event) => {
          const feature = event.features?.[0];
          if (feature) void this.open(feature.properties as Said, [event.lngLat.lng, event.lngLat.lat]);
        });
        this.drawn.map.on("mouseenter", "points", () => this.pointing(true));
        this.drawn.map.on("mouseleave", "points", () => this.pointing(false));
      } catch {
        this.drawn = undefined;
      }
    }
    if (!this.drawn) {
      box.replaceChildren();
      this.still = new StillMap(box);
      this.still.draw(this.outlines, this.points, bounds);
      this.dataset["map"] = "still";
    }
    this.stopWatching = onAppearance(() => {
      this.drawn?.repaint();
      this.still?.draw(this.outlines, this.points, bounds);
    });
    this.requestUpdate();
  }

  private pointing(yes: boolean): void {
    const canvas = this.drawn?.map.getCanvas();
    if (canvas) canvas.style.cursor = yes ? "pointer" : "";
  }

  private async open(said: Said, at: [number, number]): Promise<void> {
    const { Popup } = await loadLibrary();
    const sheet = document.createElement("div");
    sheet.className = "map-popup";
    const title = document.createElement(said.href ? "a" : "strong");
    title.textContent = said.title ?? said.name ?? "";
    if (said.href && title instanceof HTMLAnchorElement) title.href = new URL(said.href, location.href).href;
    const words = document.createElement("span");
    words.textContent = said.words ?? "";
    sheet.append(title, words);
    if (this.drawn) new Popup({ closeButton: true }).setLngLat(at).setDOMContent(sheet).addTo(this.drawn.map);
    announce(`${title.textContent} ${words.textContent}`);
  }

  /** Each state that is on the map, with its shape and its words. */
  private get legend(): { tone: Tone; words: string }[] {
    const known = new Map<string, { tone: Tone; words: string }>();
    for (const { properties } of [...this.points.features, ...this.outlines.features]) {
      if (properties.tone && properties.words) {
        known.set(`${properties.tone} ${properties.words}`, { tone: properties.tone, words: properties.words });
      }
    }
    return [...known.values()].slice(0, 12);
  }

  protected override render(): TemplateResult {
    const label = this.getAttribute("label") ?? say(["地图", "Map"]);
    return html`
      <div class="map-frame" role="group" aria-label=${label}><div class="map-canvas"></div></div>
      <ul class="map-legend" aria-label=${say(["图例", "Key"])} ?hidden=${this.legend.length === 0}>
        ${this.legend.map(
          ({ tone, words }) => html`<li class="chip" data-tone=${tone}>
            <svg class="shape" viewBox="0 0 20 20" aria-hidden="true"><path d=${TONE_PATHS[tone]}></path></svg>
            <span>${words}</span>
          </li>`,
        )}
      </ul>
      <p class="small field-error" ?hidden=${!this.trouble}>${this.trouble}</p>
    `;
  }
}
