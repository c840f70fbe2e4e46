import { html, nothing, type TemplateResult } from "lit";
import { Island, getJson, onAppearance, onNear } from "../lib/dom";
import { NOTHING, readBounds, type Shapes } from "../lib/geo";
import { DrawnMap, hasWebGL } from "../lib/maplibre";
import { StillMap } from "../lib/still";
import { announce, say } from "../lib/words";

interface Located {
  words: string;
  inside: boolean;
  code?: string;
}

/**
 * <gb-map-picker outlines="…json" locate="…json" bounds="w,s,e,n" label="…"> around the hidden inputs data-lon and data-lat.
 *
 * A tap sets the pin. By keyboard: arrows move the map, plus and minus zoom, Enter sets the pin at the cross. The place that
 * was found is said in words. Positions are CGCS2000 degrees (what a phone gives differs by centimetres). Without WebGL the
 * outlines stand still as a drawing; without JavaScript the fields beside it (address, community) do the work alone.
 *
 * The map is more than a megabyte: it is fetched when it comes near the screen, and with the attribute "folded" only when
 * somebody asks for it. "Use my position" needs no map.
 */
export class MapPicker extends Island {
  private place = "";
  private trouble = "";
  private busy = false;
  private drawn: DrawnMap | undefined;
  private still: StillMap | undefined;
  private outlines: Shapes = NOTHING;
  private asking: AbortController | undefined;
  private stopWatching: (() => void) | undefined;
  private stopWaiting: (() => void) | undefined;
  private folded = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.folded = this.hasAttribute("folded");
    if (this.folded) {
      this.dataset["map"] = "folded";
      const pin = this.pin;
      if (pin) void this.updateComplete.then(() => this.set(...pin));
      return;
    }
    this.stopWaiting = onNear(this, () => void this.updateComplete.then(() => this.start()));
  }

  private async unfold(): Promise<void> {
    this.folded = false;
    this.requestUpdate();
    await this.updateComplete;
    await this.start();
    (this.querySelector<HTMLElement>(".map-canvas canvas") ?? this.box)?.focus();
  }

  override disconnectedCallback(): void {
    this.stopWaiting?.();
    this.stopWatching?.();
    this.drawn?.remove();
    this.drawn = undefined;
    super.disconnectedCallback();
  }

  private get box(): HTMLElement | null {
    return this.querySelector(".map-canvas");
  }

  private input(which: "lon" | "lat"): HTMLInputElement | null {
    return this.querySelector(`input[data-${which}]`);
  }

  private get pin(): [number, number] | undefined {
    const lon = parseFloat(this.input("lon")?.value ?? "");
    const lat = parseFloat(this.input("lat")?.value ?? "");
    return Number.isFinite(lon) && Number.isFinite(lat) ? [lon, lat] : undefined;
  }

  private async start(): Promise<void> {
    const box = this.box;
    if (!box || this.drawn || this.still) return;
    try {
      const outlines = this.getAttribute("outlines");
      if (outlines) this.outlines = await getJson<Shapes>(outlines);
    } catch {
      this.trouble = say(["地图没有取到，请用下面的地址或社区。", "The map could not be fetched. Please use the address or the community below."]);
      this.dataset["map"] = "none";
      this.requestUpdate();
      return;
    }
    const bounds = readBounds(this.getAttribute("bounds"));
    const label = this.getAttribute("label") ?? say(["地图", "Map"]);
    if (hasWebGL()) {
      try {
        this.drawn = await DrawnMap.make(box, label, this.outlines, NOTHING, bounds);
        this.dataset["map"] = "drawn";
        this.drawn.map.on("click", (event) => void this.set(event.lngLat.lng, event.lngLat.lat));
        const canvas = this.drawn.map.getCanvas();
        canvas.setAttribute("aria-describedby", `${this.hintId}`);
        canvas.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          const centre = this.drawn?.map.getCenter();
          if (centre) void this.set(centre.lng, centre.lat);
        });
      } catch {
        this.drawn = undefined;
      }
    }
    if (!this.drawn) {
      box.replaceChildren();
      this.still = new StillMap(box, (lon, lat) => void this.set(lon, lat));
      this.still.draw(this.outlines, NOTHING, bounds, this.pin);
      this.dataset["map"] = "still";
    }
    this.stopWatching = onAppearance(() => {
      this.drawn?.repaint();
      this.still?.draw(this.outlines, NOTHING, bounds, this.pin);
    });
    const pin = this.pin;
    if (pin) await this.set(...pin);
    this.requestUpdate();
  }

  /** Sets the pin, writes the inputs and asks the server which place this is. */
  async set(lon: number, lat: number): Promise<void> {
    const [x, y] = [lon.toFixed(6), lat.toFixed(6)];
    const inputs = { lon: this.input("lon"), lat: this.input("lat") };
    if (inputs.lon) inputs.lon.value = x;
    if (inputs.lat) inputs.lat.value = y;
    this.drawn?.setPin(lon, lat);
    this.still?.draw(this.outlines, NOTHING, readBounds(this.getAttribute("bounds")), [lon, lat]);
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    let found: Located | undefined;
    const locate = this.getAttribute("locate");
    if (locate) {
      const url = new URL(locate, location.href);
      url.searchParams.set("lon", x);
      url.searchParams.set("lat", y);
      try {
        found = await getJson<Located>(url.href, asking.signal);
        this.place = found.words;
        this.trouble = "";
      } catch {
        if (asking.signal.aborted) return;
        this.place = "";
        this.trouble = say(["已标出位置，但没有查到属于哪里，可以照常提交。", "The spot is marked, but its place could not be looked up. You can go on."]);
      }
    } else {
      this.place = say(["已标出位置。", "The spot is marked."]);
    }
    this.requestUpdate();
    announce(this.place || this.trouble);
    this.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: { lon, lat, ...found } }));
  }

  private clear(): void {
    for (const which of ["lon", "lat"] as const) {
      const input = this.input(which);
      if (input) input.value = "";
    }
    this.place = "";
    this.still?.draw(this.outlines, NOTHING, readBounds(this.getAttribute("bounds")));
    this.drawn?.clearPin();
    announce(say(["已取消标记。", "The mark is taken away."]));
    this.requestUpdate();
    this.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: null }));
  }

  private locateMe(): void {
    this.busy = true;
    this.requestUpdate();
    navigator.geolocation.getCurrentPosition(
      (position) => {
        this.busy = false;
        const { longitude, latitude } = position.coords;
        this.drawn?.move(longitude, latitude, 15);
        void this.set(longitude, latitude);
      },
      () => {
        this.busy = false;
        this.trouble = say(["没有取到您的位置。请在地图上点一下，或写下地址。", "Your position could not be read. Tap the map or write the address."]);
        announce(this.trouble);
        this.requestUpdate();
      },
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
    );
  }

  private get hintId(): string {
    return `${this.id || "map-picker"}-keys`;
  }

  protected override render(): TemplateResult {
    return html`
      ${this.folded ? nothing : html`<div class="map-frame">
        <div class="map-canvas"></div>
        ${this.dataset["map"] === "drawn"
          ? html`<svg class="map-cross" viewBox="0 0 28 28" aria-hidden="true">
              <path d="M14 2v9M14 17v9M2 14h9M17 14h9" fill="none" stroke="currentColor" stroke-width="1.5" />
            </svg>`
          : nothing}
      </div>`}
      <div class="map-bar">
        <p class="map-place" ?hidden=${this.folded && !this.place}>
          ${this.place ? html`<strong>${this.place}</strong>` : html`<span class="soft">${say(["在地图上点一下出事的地方。", "Tap the map where it is."])}</span>`}
        </p>
        ${this.place
          ? html`<button type="button" class="button button-quiet" @click=${() => this.clear()}>${say(["取消标记", "Remove the mark"])}</button>`
          : nothing}
        ${"geolocation" in navigator
          ? html`<button type="button" class="button" ?disabled=${this.busy} @click=${() => this.locateMe()}>
              ${this.busy ? say(["正在取位置…", "Finding …"]) : say(["用我的位置", "Use my position"])}
            </button>`
          : nothing}
        ${this.folded
          ? html`<button type="button" class="button" data-unfold @click=${() => void this.unfold()}>
              ${say(["在地图上指", "Show it on a map"])}
            </button>`
          : nothing}
      </div>
      ${this.trouble ? html`<p class="field-error">${this.trouble}</p>` : nothing}
      ${this.folded ? nothing : html`<p class=${this.dataset["map"] === "drawn" ? "small soft map-keys" : "small soft"} id=${this.hintId}>
        ${this.dataset["map"] === "drawn"
          ? say([
              "键盘：方向键移动地图，加减号缩放，回车把标记放在十字处。",
              "By keyboard: arrows move the map, plus and minus zoom, Enter sets the mark at the cross.",
            ])
          : say(["不用地图也可以：写地址或选社区。", "You can do without the map: write the address or choose the community."])}
      </p>`}
    `;
  }
}
