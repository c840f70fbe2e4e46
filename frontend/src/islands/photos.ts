import { html, nothing, type TemplateResult } from "lit";
import { Island } from "../lib/dom";
import { fit } from "../lib/fit";
import { announce, say } from "../lib/words";

const AIM = 250 * 1024;

interface Photo {
  file: File;
  url: string;
  key: number;
}

function toJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}

/**
 * A JPEG of at most 1600 pixels and about 250 kB. Drawing it anew also drops the position and the camera that phones write
 * into pictures. A file that the browser cannot read goes up as it is: the server says what is wrong with it.
 */
export async function compress(file: File): Promise<File> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = fit(picture.width, picture.height);
  const context = canvas.getContext("2d");
  if (!context) return file;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  let best: Blob | null = null;
  for (const quality of [0.82, 0.7, 0.58, 0.46]) {
    best = await toJpeg(canvas, quality);
    if (best && best.size <= AIM) break;
  }
  if (!best) return file;
  const name = file.name.replace(/\.[^.]*$/, "") || "photo";
  return new File([best], `${name}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
}

/** <gb-photos max="12"> around an ordinary file input: without JavaScript the input alone does the work. */
export class Photos extends Island {
  static override properties = { max: { type: Number } };
  declare max: number;

  private photos: Photo[] = [];
  private busy = 0;
  private total = 0;
  private sent = 0;
  private next = 0;
  private message = "";
  private input: HTMLInputElement | null = null;

  constructor() {
    super();
    this.max = 12;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.input = this.querySelector<HTMLInputElement>('input[type="file"]');
    this.input?.addEventListener("change", this.chosen);
    this.closest("form")?.addEventListener("htmx:xhr:progress", this.moved);
    this.closest("form")?.addEventListener("reset", this.emptied);
  }

  override disconnectedCallback(): void {
    this.input?.removeEventListener("change", this.chosen);
    this.closest("form")?.removeEventListener("htmx:xhr:progress", this.moved);
    this.closest("form")?.removeEventListener("reset", this.emptied);
    for (const photo of this.photos) URL.revokeObjectURL(photo.url);
    super.disconnectedCallback();
  }

  private readonly emptied = (): void => {
    for (const photo of this.photos) URL.revokeObjectURL(photo.url);
    this.photos = [];
    this.message = "";
    this.requestUpdate();
  };

  private readonly moved = (event: Event): void => {
    const { loaded, total } = (event as CustomEvent<{ loaded: number; total: number }>).detail;
    this.sent = total ? loaded / total : 0;
    this.requestUpdate();
  };

  private readonly chosen = async (): Promise<void> => {
    const files = [...(this.input?.files ?? [])];
    const room = Math.max(0, this.max - this.photos.length);
    const taken = files.slice(0, room);
    this.message =
      files.length > room ? say(["最多 {0} 张，多出的没有加入。", "At most {0} photos: the others were left out."], this.max) : "";
    this.total = taken.length;
    this.busy = 0;
    this.requestUpdate();
    for (const file of taken) {
      this.busy += 1;
      this.requestUpdate();
      const small = await compress(file);
      this.photos = [...this.photos, { file: small, url: URL.createObjectURL(small), key: this.next++ }];
    }
    this.total = 0;
    this.give();
    announce(
      [say(["已选 {0} 张照片。", "{0} photos chosen."], this.photos.length), this.message].filter(Boolean).join(" "),
    );
  };

  /** The input itself carries the files, so that the form is sent as any other. */
  private give(): void {
    if (this.input) {
      const carrier = new DataTransfer();
      for (const photo of this.photos) carrier.items.add(photo.file);
      this.input.files = carrier.files;
    }
    this.requestUpdate();
    this.dispatchEvent(new CustomEvent("gb:photos", { bubbles: true, detail: { count: this.photos.length } }));
  }

  private discard(photo: Photo, index: number): void {
    URL.revokeObjectURL(photo.url);
    this.photos = this.photos.filter((other) => other.key !== photo.key);
    this.give();
    announce(say(["已移除，还有 {0} 张。", "Removed, {0} left."], this.photos.length));
    void this.updateComplete.then(() => {
      const buttons = this.querySelectorAll<HTMLElement>(".photos-list button");
      (buttons[Math.min(index, buttons.length - 1)] ?? this.input)?.focus();
    });
  }

  protected override render(): TemplateResult {
    return html`
      ${this.total
        ? html`<p class="small soft">${say(["正在处理第 {0} 张，共 {1} 张", "Preparing {0} of {1}"], this.busy, this.total)}</p>
            <progress max=${this.total} .value=${this.busy} aria-label=${say(["处理照片", "Preparing photos"])}></progress>`
        : nothing}
      ${this.sent > 0 && this.sent < 1
        ? html`<progress max="1" .value=${this.sent} aria-label=${say(["上传", "Uploading"])}></progress>`
        : nothing}
      ${this.message ? html`<p class="field-error">${this.message}</p>` : nothing}
      ${this.photos.length
        ? html`<ul class="photos-list">
            ${this.photos.map(
              (photo, index) => html`<li>
                <img src=${photo.url} alt=${say(["第 {0} 张照片", "Photo {0}"], index + 1)} />
                <span>${Math.max(1, Math.round(photo.file.size / 1024))} kB</span>
                <button
                  type="button"
                  class="button button-quiet"
                  aria-label=${say(["移除第 {0} 张", "Remove photo {0}"], index + 1)}
                  @click=${() => this.discard(photo, index)}
                >
                  ${say(["移除", "Remove"])}
                </button>
              </li>`,
            )}
          </ul>`
        : nothing}
    `;
  }
}
