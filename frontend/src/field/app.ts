import "../css/index.css";
import "./field.css";
import { html, nothing, type TemplateResult } from "lit";
import { define, Island } from "../lib/dom";
import drawn from "virtual:field-icons";
import { announce, isEnglish, type Words } from "../lib/words";
import { Dictation } from "./dictation";
import { alarmIn, fresh, mending, NOTHING_YET, remember, type Draft, type Last } from "./draft";
import { isFar, MOST, photoOf, Unreadable, type Place } from "./photos";
import { caseScreen, taskScreen } from "./screen-task";
import { homeScreen } from "./screen-home";
import { moreScreen } from "./screen-more";
import { queueScreen } from "./screen-queue";
import { entryScreen } from "./screen-entry";
import { T } from "./say";
import { API, changed, drain, fetchMe, SYNC, type Line } from "./send";
import { chosenLanguage, setLook, wishes, type Look } from "./look";
import { discard, enqueue, forgetOwner, Full, keepBundle, meta, newKey, of, setMeta, shelf, write } from "./store";
import { pick, type Alarm, type Bundle, type Done, type Item, type Pair, type Photo, type What } from "./types";

const EVERY = 20_000;
const NEWS_EVERY = 60_000; // with nothing to send
const TRACK_EVERY = 30_000;
const BUNDLE = `${API}/bundle?have=`;

/** After the next picture is on the screen; at once where nobody looks. */
const afterPaint = (work: () => void): void => {
  if (document.hidden) work();
  else requestAnimationFrame(() => setTimeout(work));
};

/** The grid worker's app. It draws from what is on the phone; the line only brings and takes. */
export class GbField extends Island {
  bundle: Bundle | undefined;
  items: Item[] = [];
  done: Done[] = [];
  line: Line = "later";
  screen = "";
  argument = "";
  draft: Draft | undefined;
  last: Last = NOTHING_YET;
  trouble = "";
  busy = 0;
  toast: { words: string; undo?: () => Promise<void> } | undefined;
  dialog: TemplateResult | undefined;
  place: Place | undefined;
  alarm: Alarm | undefined;
  minutes: { form: Pair; minutes: number; entries: number; unit: string }[] | undefined;
  names: Record<number, string> = {};
  route: [number, number][] = [];
  readonly dictation = new Dictation(() => this.requestUpdate());
  others = false; // the matters of colleagues are drawn when they are asked for
  ready = false;
  private sending = false;
  private carried: Draft | undefined; // begun on another screen
  private watch: number | undefined;
  private lastPoint = 0;
  private asked = 0; // ms
  private answered = false;
  /** Asked for by the page itself while this script was still on its way: nothing is asked twice. */
  private early: Promise<Response> | undefined = document.querySelector("link[rel=preload][as=fetch]") ? fetch(BUNDLE) : undefined;

  get owner(): string {
    return this.bundle?.me.owner ?? "";
  }
  get grids(): string[] {
    return this.bundle?.grids.map((grid) => grid.code) ?? [];
  }
  /** The language that is dictated. */
  get spoken(): string {
    return isEnglish() ? "en-US" : "zh-CN";
  }
  get waiting(): Item[] {
    return this.items.filter((item) => item.state === "waiting");
  }
  get refused(): Item[] {
    return this.items.filter((item) => item.state === "refused");
  }
  words(pair: Pair | Words | string): string {
    return pick(pair, isEnglish());
  }
  icon(name: string): TemplateResult {
    return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${drawn[name] ?? ""}></path></svg>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    wishes();
    this.early?.catch(() => undefined); // asked again, and answered for, where it is used
    addEventListener("hashchange", () => void this.go());
    addEventListener("online", () => void this.send());
    addEventListener("offline", () => this.lost());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.send();
    });
    new BroadcastChannel("gongbi-field").addEventListener("message", () => void this.reload());
    setInterval(() => {
      const news = this.waiting.length > 0 || Date.now() - this.asked > NEWS_EVERY;
      if (news && !document.hidden) void this.send();
    }, EVERY);
    void this.begin();
  }

  private async begin(): Promise<void> {
    const kept = await shelf();
    this.bundle = this.current(kept.bundle);
    if (this.bundle) {
      this.speak(this.bundle.me.language);
      this.last = (kept.meta.get(`last:${this.owner}`) as Last | undefined) ?? NOTHING_YET;
      this.shelve(kept.items, kept.done);
    }
    await this.go();
    // The first time everything waits for the bundle; later what is on the phone is shown and the line comes second.
    const first = !this.bundle;
    if (first) await this.fetchBundle();
    this.ready = true;
    this.requestUpdate();
    await this.updateComplete;
    afterPaint(() => {
      void navigator.storage?.persist?.();
      if ("serviceWorker" in navigator) {
        void navigator.serviceWorker.register(document.body.dataset["worker"] ?? "/field/sw.js", { scope: "/field/" });
      }
      if (!first || this.waiting.length) void this.send();
      this.follow();
    });
  }

  /** From here on the first screen answers a tap; scripts/field_speed.py reads the mark. */
  protected override updated(): void {
    if (this.answered || !this.ready) return;
    this.answered = true;
    this.querySelector(":scope > .field-wait")?.remove();
    performance.mark("field-answers");
  }

  /** After the shift's hours people are no longer shown; grid, forms and duty list stay. */
  private current(kept: Bundle | undefined): Bundle | undefined {
    if (!kept || new Date(kept.until) > new Date()) return kept;
    return { ...kept, digest: "", plan: [], cases: [], tasks: kept.tasks.map((task) => ({ ...task, place: "" })) };
  }

  private speak(language: string): void {
    const chosen = chosenLanguage() || language;
    document.documentElement.lang = chosen.startsWith("en") ? "en" : "zh-Hans";
  }

  async reload(): Promise<void> {
    if (!this.owner) this.shelve([], []);
    else this.shelve(...(await Promise.all([of("queue", this.owner), of("done", this.owner)])));
    this.requestUpdate();
  }

  private shelve(items: Item[], done: Done[]): void {
    this.items = items.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    this.done = done.sort((a, b) => b.at.localeCompare(a.at));
  }

  async go(): Promise<void> {
    const [, path = ""] = location.hash.split("#/");
    const [screen = "", argument = ""] = path.split("/");
    this.dictation.stop();
    this.screen = screen;
    this.argument = argument;
    this.trouble = "";
    this.alarm = undefined;
    if (screen) this.toast = undefined; // it would lie over the buttons
    const grid = this.grids[0] ?? "";
    if (screen === "report" || screen === "visit" || screen === "checkin") {
      this.draft = this.carried ?? fresh(screen, this.last, grid);
      this.carried = undefined;
      if (screen === "visit" && argument) {
        const plan = this.bundle?.plan.find((one) => one.id === Number(argument));
        if (plan) Object.assign(this.draft, { care: plan.id, place: plan.door, form: "firefly" });
      }
    } else if (screen === "mend") {
      const item = this.items.find((one) => one.key === argument);
      this.draft = item ? await mending(item, this.last, this.grids) : undefined;
    } else if (screen === "task" || screen === "case") this.draft = fresh("report", { ...this.last, place: "" }, grid);
    else this.draft = undefined;
    if (this.draft) {
      this.locate();
      void this.dictation.look(this.spoken);
    }
    if (screen === "more" && argument === "minutes") void this.loadMinutes();
    if (screen === "more" && argument === "map") void this.loadRoute();
    this.requestUpdate();
    scrollTo(0, 0);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("h1")?.focus());
  }

  open(path: string): void {
    location.hash = `#/${path}`;
  }

  locate(): void {
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => {
        this.place = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
        this.requestUpdate();
      },
      () => undefined,
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
    );
  }

  /** Inside the district only: a position from elsewhere is no place of a report; the grid is. */
  private here(): Record<string, number> {
    const box = this.bundle?.bounds;
    const at = this.place;
    if (!at || !box || at.lon < box[0] || at.lat < box[1] || at.lon > box[2] || at.lat > box[3]) return {};
    return { lon: at.lon, lat: at.lat };
  }

  // --- The line ------------------------------------------------------------------------------------------------------

  private lost(): void {
    this.line = "offline";
    this.requestUpdate();
  }

  async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      const line = await drain();
      await this.reload();
      // The service worker or another tab is at it: look again when it has had its time.
      if (line === "busy") setTimeout(() => void this.send(), 1500);
      else this.line = line;
      if (line === "sent" || line === "signed-out") await this.fetchBundle();
    } finally {
      this.sending = false;
    }
    this.requestUpdate();
  }

  private async fetchBundle(): Promise<void> {
    let answer: Response;
    const early = this.early;
    this.early = undefined;
    this.asked = Date.now();
    try {
      answer = await (early ?? fetch(BUNDLE + (this.bundle?.digest ?? "")));
    } catch {
      return this.lost();
    }
    if (answer.status === 401 || answer.status === 403) {
      this.line = "signed-out";
      return;
    }
    if (!answer.ok) return;
    const told = (await answer.json()) as Bundle;
    const other = told.me.owner !== this.owner;
    const whole = told.grids ? told : { ...(this.bundle as Bundle), ...told };
    this.bundle = whole;
    this.line = "sent";
    this.speak(whole.me.language);
    if (other) {
      this.last = (await meta<Last>(`last:${this.owner}`)) ?? NOTHING_YET;
      await this.reload();
      await this.go();
    }
    this.requestUpdate();
    if (this.answered) await this.store(whole);
    else afterPaint(() => void (this.bundle && this.store(this.bundle))); // whoever waits sees it first
    if (other && this.answered && this.waiting.length) void this.send();
    this.follow();
  }

  private async store(bundle: Bundle): Promise<void> {
    try {
      await keepBundle(bundle);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      this.trouble = T("手机存储满了：现在能用，没有信号时会打不开。请删掉一些照片或应用。", "The phone is full: this works now, but will not open without signal. Delete some photos or apps.");
      this.requestUpdate();
    }
  }

  // --- Writing -------------------------------------------------------------------------------------------------------

  async keep(
    what: What,
    path: string,
    body: Record<string, unknown>,
    title: string,
    photos: Photo[] = [],
    mends?: Item,
  ): Promise<Item | undefined> {
    const key = mends?.what === what ? mends.key : String(body["key"] ?? newKey());
    const keyed = what === "entry" || what === "back" || what === "finish" || what === "shift" ? { ...body, key } : body;
    const sent = photos.length && "photos" in body ? { ...keyed, photos: photos.map((photo) => photo.key) } : keyed;
    try {
      const item = await enqueue(
        { key, owner: this.owner, what, path, body: sent, photos: photos.map((photo) => photo.key), title },
        photos,
        mends,
      );
      await this.reload();
      void this.wake();
      return item;
    } catch (error) {
      // Nothing is cleared: what was typed and taken is still on the screen.
      this.trouble =
        error instanceof Full
          ? T("手机存储满了，这一条还没有存下。请先联网发出待发的，或删掉一些照片、应用，再点一次。", "The phone is full: this one is not kept yet. Send what waits, or delete some photos or apps, then tap again.")
          : T("没有存下：{0}。请再点一次。", "Not kept: {0}. Tap again.", String(error));
      this.requestUpdate();
      return undefined;
    }
  }

  private async wake(): Promise<void> {
    try {
      const ready = (await navigator.serviceWorker?.ready) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
      await ready?.sync?.register(SYNC);
    } catch {
      // Browsers without background sync send on the next start.
    }
    await this.send();
  }

  async take(files: FileList | null): Promise<Photo[]> {
    const room = MOST - (this.draft?.photos.length ?? 0);
    const chosen = [...(files ?? [])];
    const made: Photo[] = [];
    this.trouble = chosen.length > room ? T("最多 {0} 张，多出的没有加入。", "At most {0} photos; the others were left out.", MOST) : "";
    for (const file of chosen.slice(0, room)) {
      this.busy += 1;
      this.requestUpdate();
      try {
        made.push(await photoOf(file, this.owner, this.place ?? null));
      } catch (error) {
        this.trouble =
          error instanceof Unreadable
            ? T("有一张照片手机打不开，没有加入。请用相机重拍，或改选 JPEG。", "The phone cannot open one of the photos; it was left out. Take it again, or choose a JPEG.")
            : String(error);
      } finally {
        this.busy -= 1;
      }
    }
    this.requestUpdate();
    return made;
  }

  async addPhotos(input: HTMLInputElement): Promise<void> {
    const made = await this.take(input.files);
    input.value = "";
    if (this.draft) this.draft.photos = [...this.draft.photos, ...made];
    if (made.length) announce(T("已有 {0} 张照片。", "{0} photos.", this.draft?.photos.length ?? 0));
    this.requestUpdate();
  }

  farOnes(photos: Photo[]): Photo[] {
    return photos.filter((photo) => !photo.sure && isFar(photo, this.bundle?.bounds ?? null));
  }

  /** One tap and one photo: solved on the spot. */
  async solveAtOnce(kind: string, input: HTMLInputElement): Promise<void> {
    this.locate();
    const begun = Date.now();
    const photos = await this.take(input.files);
    input.value = "";
    if (!photos.length) return;
    const draft = { ...fresh("report", this.last, this.grids[0] ?? ""), kind, photos, begun };
    if (this.farOnes(photos).length) {
      // A picture from elsewhere is asked about on the form.
      this.carried = draft;
      this.open("report");
      return;
    }
    await this.saveEntry(draft, "solved");
  }

  async saveEntry(draft: Draft, did: "solved" | "report" | "note"): Promise<boolean> {
    const kind = this.bundle?.kinds.find((one) => one.code === draft.kind);
    const text = draft.text.trim();
    const matter = did !== "note" && draft.matter;
    const wrong = this.wrong(draft, did, matter);
    if (wrong) {
      this.trouble = wrong;
      this.requestUpdate();
      announce(wrong);
      return false;
    }
    if (matter && !this.alarm) {
      this.alarm = alarmIn(text, this.bundle?.alarms ?? []);
      if (this.alarm) {
        this.requestUpdate();
        return false;
      }
    }
    const body = {
      sort: draft.sort,
      at: draft.mends ? (draft.mends.body["at"] ?? draft.mends.made) : new Date().toISOString(),
      form: draft.sort === "report" ? "" : draft.form,
      answers: draft.answers,
      note: matter ? "" : text,
      place_words: draft.place.trim(),
      floor: draft.floor === "" ? null : Number(draft.floor),
      division: draft.grid,
      ...this.here(),
      care: draft.care,
      photos: [],
      matter: matter ? { text, kind: draft.kind, did: did === "solved" ? "solved" : "report" } : null,
      seconds: Math.round((Date.now() - draft.begun) / 1000),
    };
    const form = this.bundle?.forms.find((one) => one.code === draft.form);
    const title = [did === "solved" ? T("当场解决", "Solved on the spot") : form ? this.words(form.words) : T("上报", "Report"), kind ? this.words(kind.name) : "", text]
      .filter(Boolean)
      .join(" · ")
      .slice(0, 60);
    const mends = draft.mends?.what === "entry" ? draft.mends : undefined;
    const item = await this.keep("entry", "/entries", body, title, draft.photos, mends);
    if (!item) return false;
    if (draft.mends && !mends) await discard({ ...draft.mends, photos: [] });
    this.last = remember(this.last, draft);
    await setMeta(`last:${this.owner}`, this.last);
    this.draft = undefined;
    this.tell(T("已存：{0}", "Kept: {0}", item.number), async () => {
      const still = this.items.find((one) => one.key === item.key);
      if (still) await discard(still);
      else this.tell(T("这一条已经发出，撤不回了。请到“单子”里看编号。", "It has been sent already and cannot be taken back. See its number in the queue."));
      await this.reload();
    });
    this.open("");
    return true;
  }

  private wrong(draft: Draft, did: string, matter: boolean): string {
    if (this.busy) return T("照片还在处理，请稍等。", "The photos are still being prepared. Please wait.");
    if (this.farOnes(draft.photos).length) return T("请先回答照片的问题。", "Answer the question about the photo first.");
    if (did === "solved" && !draft.kind) return T("请先选是哪一类：只有这些可以当场办结。", "Choose the kind first: only these may be closed on the spot.");
    if (did === "solved" && !draft.photos.length) return T("请拍一张现在的样子。", "Take a photo of how it looks now.");
    if (matter && !draft.kind && !draft.text.trim()) return T("请选一类，或写几个字。", "Choose a kind, or say it in a few words.");
    const form = draft.sort === "report" ? undefined : this.bundle?.forms.find((one) => one.code === draft.form);
    const missing = form?.fields.find((field) => field.required && !draft.answers[field.name]);
    return missing ? T("请填“{0}”。", "Please fill in “{0}”.", this.words(missing.words)) : "";
  }

  tell(words: string, undo?: () => Promise<void>): void {
    this.toast = undo ? { words, undo } : { words };
    announce(words);
    this.requestUpdate();
    const shown = this.toast;
    setTimeout(() => {
      if (this.toast === shown) this.toast = undefined;
      this.requestUpdate();
    }, 7000);
  }

  /** What was refused goes back into the queue as it is. */
  async again(item: Item): Promise<void> {
    const { told: _told, ...rest } = item;
    await write(["queue"], (store) => void store("queue").put({ ...rest, state: "waiting" }));
    await this.reload();
    await this.send();
  }

  async drop(item: Item): Promise<void> {
    await discard(item);
    this.dialog = undefined;
    await this.reload();
    changed();
  }

  // --- Shift ---------------------------------------------------------------------------------------------------------

  get onDuty(): { key: string; started_at: string } | undefined {
    const shift = this.bundle?.shift;
    return shift && !shift.ended_at ? shift : undefined;
  }

  async startShift(): Promise<void> {
    if (!this.bundle) return;
    const shift = { key: newKey(), started_at: new Date().toISOString(), ended_at: null };
    const item = await this.keep("shift", "/shifts", { key: shift.key, at: shift.started_at }, T("上岗", "On duty"));
    if (!item) return;
    this.bundle = { ...this.bundle, digest: "", shift: this.bundle.shift && !this.bundle.shift.ended_at ? this.bundle.shift : shift };
    await keepBundle(this.bundle);
    this.follow();
    this.requestUpdate();
  }

  async stopShift(): Promise<void> {
    const shift = this.onDuty;
    if (!this.bundle || !shift) return;
    const at = new Date().toISOString();
    await this.keep("stop", `/shifts/${shift.key}/stop`, { at }, T("下岗", "Off duty"));
    this.bundle = { ...this.bundle, digest: "", shift: { ...shift, ended_at: at } };
    await keepBundle(this.bundle);
    this.follow();
    this.requestUpdate();
  }

  /** The route is written only while a shift runs, and only on this phone until it is sent. */
  private follow(): void {
    const shift = this.onDuty;
    if (!shift && this.watch !== undefined) {
      navigator.geolocation.clearWatch(this.watch);
      this.watch = undefined;
    }
    if (!shift || this.watch !== undefined || !("geolocation" in navigator)) return;
    this.watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        this.place = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
        const on = this.onDuty;
        if (!on || timestamp - this.lastPoint < TRACK_EVERY) return;
        this.lastPoint = timestamp;
        const point = { owner: this.owner, shift: on.key, at: new Date(timestamp).toISOString(), lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
        void write(["track"], (store) => void store("track").put(point)).catch(() => undefined);
      },
      () => undefined,
      { enableHighAccuracy: true, maximumAge: 30_000 },
    );
  }

  private async loadMinutes(): Promise<void> {
    const answer = await fetch(`${API}/minutes`).catch(() => undefined);
    this.minutes = answer?.ok ? await answer.json() : undefined;
    this.requestUpdate();
  }

  private async loadRoute(): Promise<void> {
    const shift = this.bundle?.shift;
    const own = (await of("track", this.owner)).map((point): [number, number] => [point.lon, point.lat]);
    const answer = shift ? await fetch(`${API}/shifts/${shift.key}/track`).catch(() => undefined) : undefined;
    this.route = [...(answer?.ok ? ((await answer.json()) as [number, number][]) : []), ...own];
    this.requestUpdate();
  }

  async openName(care: number): Promise<void> {
    try {
      const { csrf } = await fetchMe();
      const answer = await fetch(`${API}/care/${care}/name`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify({ reason: T("按走访计划上门看望", "Visit according to plan") }),
      });
      const told = (await answer.json()) as { name?: string; phone?: string; message?: string };
      this.names = { ...this.names, [care]: told.name ? `${told.name} ${told.phone ?? ""}` : (told.message ?? "") };
    } catch {
      this.names = { ...this.names, [care]: T("联网时才能看姓名。", "Names open only online.") };
    }
    this.requestUpdate();
  }

  // --- Leaving -------------------------------------------------------------------------------------------------------

  askSignOut(): void {
    const unsent = this.items.length;
    if (!unsent) return void this.signOut();
    this.dialog = html`<h2>${T("还有 {0} 条没有发出", "{0} not sent yet", unsent)}</h2>
      <p>${T("退出后它们留在这台手机上，别人看不到；您再登录时会自动发出。", "They stay on this phone, unseen by others, and are sent when you sign in again.")}</p>
      <div class="field-choices">
        <button class="button button-main big" @click=${() => { this.dialog = undefined; this.open("queue"); void this.send(); }}>${T("先发出", "Send first")}</button>
        <button class="button button-danger big" @click=${() => void this.signOut()}>${T("仍要退出", "Sign out all the same")}</button>
        <button class="button big" @click=${() => { this.dialog = undefined; this.requestUpdate(); }}>${T("不退出", "Stay")}</button>
      </div>`;
    this.requestUpdate();
  }

  private async signOut(): Promise<void> {
    this.dialog = undefined;
    try {
      const { csrf } = await fetchMe();
      await fetch(document.body.dataset["logout"] ?? "/logout", { method: "POST", headers: { "X-CSRFToken": csrf }, redirect: "manual" });
    } catch {
      // Without a line the session ends at the house by itself; the phone forgets now.
    }
    await forgetOwner();
    this.bundle = undefined;
    this.line = "signed-out";
    this.open("");
    await this.reload();
  }

  signIn(): void {
    location.assign(`${document.body.dataset["login"] ?? "/login"}?next=${encodeURIComponent("/field/")}`);
  }

  setLanguage(language: "zh-hans" | "en"): void {
    document.cookie = `django_language=${language}; Path=/; Max-Age=31536000; SameSite=Lax`;
    this.speak(language);
    this.requestUpdate();
  }

  setLook(name: Look, value: string): void {
    setLook(name, value);
    this.requestUpdate();
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  private lineWords(): [tone: string, icon: string, words: string] {
    const [waiting, refused] = [this.waiting.length, this.refused.length];
    if (refused) return ["late", "circle-alert", T("{0} 条要您处理", "{0} need you", refused)];
    if (this.line === "signed-out") return ["soon", "log-in", waiting ? T("请登录，{0} 条待发", "Sign in: {0} waiting", waiting) : T("请登录", "Sign in")];
    if (waiting) return ["soon", this.line === "offline" ? "wifi-off" : "upload", T("{0} 条待发", "{0} waiting", waiting)];
    if (this.line === "offline") return ["quiet", "wifi-off", T("没有信号，可照常用", "No signal; works all the same")];
    return ["ok", "check-check", T("都已发出", "All sent")];
  }

  protected override render(): TemplateResult {
    if (!this.ready) return html``;
    const [tone, icon, words] = this.lineWords();
    return html`
      <header class="field-top">
        <a class="field-home" href="#/">${this.bundle?.grids[0]?.name ?? T("网格员", "Grid worker")}</a>
        <a class="field-line" data-tone=${tone} href="#/queue">${this.icon(icon)}<span>${words}</span></a>
      </header>
      <main id="main" tabindex="-1">${this.bundle ? this.body() : this.stranger()}</main>
      ${this.bundle ? this.ways() : nothing}
      ${this.toast
        ? html`<div class="field-toast" role="status"><span>${this.toast.words}</span>${this.toast.undo
              ? html`<button class="button" @click=${() => { const undo = this.toast?.undo; this.toast = undefined; void undo?.(); }}>${T("撤销", "Undo")}</button>`
              : nothing}</div>`
        : nothing}
      ${this.dialog ? html`<div class="field-veil"><div class="field-dialog" role="alertdialog" aria-modal="true" aria-label=${T("请确认", "Please confirm")}>${this.dialog}</div></div>` : nothing}
    `;
  }

  private body(): TemplateResult {
    const signIn =
      this.line === "signed-out"
        ? html`<section class="field-notice" data-tone="soon"><p>${T("登录已过期。手机里的内容都在，登录后自动发出。", "Your session is over. Everything is still on the phone and goes out once you sign in.")}</p>
            <button class="button button-main big" @click=${() => this.signIn()}>${T("登录", "Sign in")}</button></section>`
        : nothing;
    return html`${signIn}${this.screenOf()}`;
  }

  private screenOf(): TemplateResult {
    switch (this.screen) {
      case "report":
      case "visit":
      case "checkin":
      case "mend":
        return entryScreen(this);
      case "queue":
        return queueScreen(this);
      case "task":
        return taskScreen(this);
      case "case":
        return caseScreen(this);
      case "more":
        return moreScreen(this);
      default:
        return homeScreen(this);
    }
  }

  private stranger(): TemplateResult {
    return html`<section class="field-empty"><h1 tabindex="-1">${T("网格员", "Grid worker")}</h1>
      <p>${this.line === "offline" ? T("第一次使用需要联网登录一次，以后没有信号也能用。", "The first time needs a line to sign in; afterwards it works without.") : T("请登录。登录一次后，没有信号也能用。", "Sign in. After that it works without signal.")}</p>
      <p><button class="button button-main big" @click=${() => this.signIn()}>${this.icon("log-in")} ${T("登录", "Sign in")}</button></p></section>`;
  }

  private ways(): TemplateResult {
    const ways: [path: string, icon: string, words: string][] = [
      ["", "list-checks", T("任务", "Tasks")],
      ["report", "camera", T("上报", "Report")],
      ["visit", "house", T("走访", "Visit")],
      ["more", "menu", T("更多", "More")],
    ];
    return html`<nav class="field-ways" aria-label=${T("主要", "Main")}><ul>${ways.map(
      ([path, icon, words]) =>
        html`<li><a href="#/${path}" aria-current=${this.screen === path ? "page" : nothing}>${this.icon(icon)}<span>${words}</span></a></li>`,
    )}</ul></nav>`;
  }
}

define("gb-field", GbField);
