import { getJson } from "../lib/dom";
import { NOTHING, type Shapes } from "../lib/geo";
import { announce, isEnglish, say, type Words } from "../lib/words";
import { Drawing } from "../wall/drawing";
import { ALARM, DRILL, DUTY, figure, INCIDENT, LATE, level, OPEN, Played, sums, TODAY, warnings, type Cell, type Cells, type DayTold, type Sums } from "../wall/figures";
import { drawDoing } from "../wall/doing";
import { Line, type Act, type Case, type RatesTold, type Standing, type Told, type Watch } from "../wall/line";
import { drawRate, type Rate } from "../wall/rate";

interface Data {
  scope: string[];
  whole: boolean;
  title: string;
  snapshot: { at: number; cells: Record<string, Cell>; new: Case[]; late: Case[]; doing: Act[]; roster: Watch[] };
  pass: string;
  today: string;
  days: [string, string] | null;
  kinds: Record<string, Words>;
  names: Record<string, string>;
  rates: Rate[];
  urls: { pass: string; now: string; day: string; shapes: string; list: string; case: string; board: string; incident: string; whistle: string; order: string };
}

const SHOWN = 12;
const MAPS = 24; // shapes kept in memory
const ANEW = [3 * 60 + 30, 4 * 60] as const; // minutes of the day between which a screen loads its page anew
const clockTime = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
const ofDay = (second: number): string =>
  [second / 3600, (second / 60) % 60, second % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
const localDay = (at: Date): string => at.toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });

/**
 * <gb-wall live="…/wall">: the wall of the command room around what the server drew. Figures come over the live line as they are now, so
 * they are never added up here over time; a past day is played from what its ledger says. Everything it keeps is bounded: it is left
 * open for months.
 */
export class Wall extends HTMLElement {
  private data!: Data;
  private live: Cells = new Map();
  private streams: { new: Case[]; late: Case[] } = { new: [], late: [] };
  private roster: Watch[] = [];
  private path: string[] = [];
  private names = new Map<string, string>();
  private maps = new Map<string, Shapes>();
  private shapes: Shapes = NOTHING;
  private drawn: Drawing | undefined;
  private line: Line | undefined;
  private standing: Standing | "start" = "start";
  private at = 0;
  private today = "";
  private played: Played | undefined;
  private playing: number | undefined;
  private ticks: ReturnType<typeof setInterval> | undefined;
  private painting = false;
  private asked = 0;
  private readonly anewAt = ANEW[0] + Math.floor(Math.random() * (ANEW[1] - ANEW[0]));
  private readonly keys = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.path.length && !(event.target instanceof HTMLInputElement)) void this.go(this.path.slice(0, -1));
  };

  connectedCallback(): void {
    this.data = JSON.parse(this.querySelector("#wall-data")?.textContent ?? "{}") as Data;
    const { snapshot, today, names } = this.data;
    this.today = today;
    this.names = new Map(Object.entries(names));
    this.take({ turn: 0, whole: true, ...snapshot });
    const box = this.one(".wall-map");
    this.drawn = new Drawing(box, { open: (code) => this.into(code), told: (name, cell) => this.told(name, cell) });
    this.show("map");
    this.wire();
    void this.go(this.fromAddress());
    this.line = new Line(
      this.getAttribute("live") ?? "", this.data.pass, this.data.urls.pass, (told) => this.take(told), (now) => this.stands(now),
    );
    this.ticks = setInterval(() => this.tick(), 1000);
    this.tick();
  }

  disconnectedCallback(): void {
    this.line?.stop();
    this.drawn?.remove();
    clearInterval(this.ticks);
    this.pause();
    document.removeEventListener("keydown", this.keys);
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    const found = this.querySelector<E>(selector);
    if (!found) throw new Error(`the wall has no ${selector}`);
    return found;
  }

  private wire(): void {
    document.addEventListener("keydown", this.keys);
    for (const button of this.querySelectorAll<HTMLElement>("[data-show]")) {
      button.addEventListener("click", () => this.show(button.dataset["show"] ?? "map"));
    }
    const full = this.one<HTMLButtonElement>(".wall-full");
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", () => {
      void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
    });
    const day = this.querySelector<HTMLInputElement>('input[name="day"]');
    if (!day) return;
    day.addEventListener("change", () => void this.open(day.value));
    this.one<HTMLInputElement>(".wall-slider input").addEventListener("input", (event) => {
      this.pause();
      this.seek(Number((event.target as HTMLInputElement).value));
    });
    for (const button of this.querySelectorAll<HTMLElement>("[data-play]")) {
      button.addEventListener("click", () => this.press(button.dataset["play"] ?? ""));
    }
  }

  private show(what: string): void {
    this.dataset["show"] = what;
    for (const button of this.querySelectorAll<HTMLElement>("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset["show"] === what));
    }
  }

  // --- What comes in -----------------------------------------------------------------------------------------------

  private take(told: Told): void {
    if (told.whole) this.live.clear();
    for (const [code, cell] of Object.entries(told.cells)) this.live.set(code, cell);
    for (const stream of ["new", "late"] as const) {
      const fresh = told[stream];
      if (!fresh) continue;
      const known = new Set(fresh.map((one) => one.key));
      const kept = told.whole ? [] : this.streams[stream].filter((one) => !known.has(one.key));
      this.streams[stream] = [...fresh, ...kept].slice(0, SHOWN);
      this.drawStream(stream, told.whole ? new Set() : known);
    }
    if (told.doing) this.drawDoing(told.doing);
    if (told.rates) this.drawRates(told.rates);
    if (told.roster) this.roster = told.roster;
    this.at = told.at;
    this.paint();
  }

  private stands(now: Standing): void {
    if (this.standing === now) return;
    this.standing = now;
    if (now === "taken") this.blank();
    this.state();
  }

  /** A link that was taken back shows nothing more. */
  private blank(): void {
    this.line?.stop();
    this.live.clear();
    this.streams = { new: [], late: [] };
    this.roster = [];
    this.drawStream("new", new Set());
    this.drawStream("late", new Set());
    this.drawDoing([]);
    this.one(".wall-rates .wall-list").replaceChildren();
    this.stopPlay();
    this.paint();
  }

  private state(): void {
    const state = this.one(".wall-state");
    const [tone, words] = this.played
      ? (["soon", say(["回放：{0}", "Replay: {0}"], this.played.told.day)] as const)
      : this.standing === "open"
        ? (["ok", say(["实时", "Live"])] as const)
        : this.standing === "taken"
          ? (["late", say(["此屏的链接已收回", "This screen's link was taken back"])] as const)
          : this.standing === "ended"
            ? (["late", say(["登录已过期，请刷新页面重新登录；数截至 {0}", "Signed out: reload to sign in again; figures as of {0}"], clockTime(this.at))] as const)
            : this.standing === "waiting"
              ? (["late", say(["断线，正在重连；数截至 {0}", "Line lost, connecting again; figures as of {0}"], clockTime(this.at))] as const)
              : (["quiet", say(["正在连接…", "Connecting …"])] as const);
    if (state.textContent === words && state.dataset["tone"] === tone) return;
    state.dataset["tone"] = tone;
    state.textContent = words;
  }

  /** The house's time: the browser's, but where it is simulated ("begins origin speed", in seconds since 1970). */
  private now(): Date {
    const [begins, origin, speed] = (this.getAttribute("clock") ?? "").split(" ").map(Number);
    if (begins === undefined || origin === undefined || speed === undefined) return new Date();
    return new Date((begins + Math.max(0, Date.now() / 1000 - origin) * speed) * 1000);
  }

  private tick(): void {
    const now = this.now();
    const clock = this.one(".wall-clock time");
    const words = now.toLocaleString(isEnglish() ? "en-GB" : "zh-CN", {
      timeZone: "Asia/Shanghai", month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false,
    });
    if (clock.textContent !== words) clock.textContent = words;
    const day = localDay(now);
    if (day !== this.today) {
      this.today = day;
      this.maps.clear(); // boundaries of another day
      if (!this.played) void this.go(this.path);
    }
    this.state();
    this.drawRoster();
    if (this.hasAttribute("screen") && !this.played) this.anew(now);
  }

  /** A screen that nobody touches takes the newest page every night, when the server is there to give it. */
  private anew(now: Date): void {
    const minute = Number(clockTime(now.getTime() / 1000).slice(0, 2)) * 60 + now.getMinutes();
    if (minute !== this.anewAt || performance.now() < 3_600_000 || this.asked === minute) return;
    this.asked = minute;
    void fetch(this.data.urls.now, { credentials: "same-origin", cache: "no-store" })
      .then((answer) => (answer.ok ? location.reload() : undefined))
      .catch(() => undefined);
  }

  // --- Where we are ------------------------------------------------------------------------------------------------

  private fromAddress(): string[] {
    const code = location.hash.slice(1);
    if (!/^\d{9}(\d{3})?$/.test(code)) return [];
    const scope = this.data.scope.find((one) => code.startsWith(one));
    if (scope === undefined) return [];
    return [9, 12].map((size) => code.slice(0, size)).filter((part, i, all) => part.length > scope.length && all.indexOf(part) === i);
  }

  private into(code: string): void {
    if (code.length < 15) {
      void this.go([...this.path.filter((one) => code.startsWith(one) && one !== code), code]);
    } else if (this.data.urls.list && !this.played) location.assign(this.list(code));
  }

  private list(code: string): string {
    const place = code.slice(0, 12);
    return `${this.data.urls.list}?territory=${place.length >= 9 ? place : ""}`;
  }

  private get place(): string {
    return this.path[this.path.length - 1] ?? "";
  }

  private async go(path: string[]): Promise<void> {
    const day = this.played?.told.day ?? this.today;
    const wanted = path[path.length - 1] ?? "";
    const key = `${day} ${wanted}`;
    let shapes = this.maps.get(key);
    if (!shapes) {
      const url = new URL(this.data.urls.shapes.replace("DAY", day), location.href);
      if (wanted) url.searchParams.set("in", wanted);
      try {
        shapes = await getJson<Shapes>(url.href);
      } catch {
        announce(say(["地图没有取到，请看表格。", "The map could not be fetched. Please see the table."]));
        return;
      }
      if (this.maps.size >= MAPS) this.maps.clear();
      this.maps.set(key, shapes);
    }
    if (!shapes.features.length && path.length) return this.go(path.slice(0, -1)); // that day knew no such division
    const held = this.contains(document.activeElement) && document.activeElement?.closest(".wall-map, .wall-path") !== null;
    for (const { properties } of shapes.features) this.names.set(properties.code ?? "", properties.name ?? "");
    this.path = path;
    this.shapes = shapes;
    this.drawn?.draw(shapes);
    this.drawPath();
    history.replaceState(null, "", wanted ? `#${wanted}` : location.pathname + location.search);
    this.paint();
    if (held) this.one(".wall-path button[aria-current]").focus();
  }

  private drawPath(): void {
    const nav = this.one(".wall-path");
    const steps = [{ name: this.data.title, path: [] as string[] }];
    this.path.forEach((code, i) => steps.push({ name: this.names.get(code) ?? code, path: this.path.slice(0, i + 1) }));
    nav.replaceChildren(
      ...steps.map(({ name, path }, i) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = name;
        if (i === steps.length - 1) button.setAttribute("aria-current", "true");
        button.addEventListener("click", () => void this.go(path));
        return button;
      }),
    );
  }

  // --- Drawing -----------------------------------------------------------------------------------------------------

  /** At most once a picture, however much comes in. */
  private paint(): void {
    if (this.painting) return;
    this.painting = true;
    requestAnimationFrame(() => {
      this.painting = false;
      const codes = this.shapes.features.map((feature) => feature.properties.code ?? "");
      const found = sums(this.played?.cells ?? this.live, codes, this.place);
      this.drawn?.update(found.of);
      this.drawSums(found.all);
      this.drawTable(codes, found);
      this.drawRoster();
    });
  }

  private told(name: string, cell: Cell): string {
    const warned = warnings(cell);
    const parts = [
      say(["在办 {0}", "{0} open"], figure(cell, OPEN)),
      say(["超期 {0}", "{0} late"], figure(cell, LATE)),
      say(["今日新到 {0}", "{0} new today"], figure(cell, TODAY)),
      warned ? say(["预警 {0}，最高 {1} 级", "{0} warnings, the highest of level {1}"], warned, level(cell)) : "",
      figure(cell, INCIDENT) ? say(["突发事件 {0}", "{0} incidents"], figure(cell, INCIDENT)) : "",
      figure(cell, DRILL) ? say(["演练 {0}", "{0} drills"], figure(cell, DRILL)) : "",
      figure(cell, ALARM) ? say(["设备告警 {0}", "{0} devices in alarm"], figure(cell, ALARM)) : "",
      figure(cell, DUTY) ? say(["在岗 {0}", "{0} on duty"], figure(cell, DUTY)) : "",
    ].filter(Boolean);
    return `${name}${isEnglish() ? ": " : "："}${parts.join(isEnglish() ? ", " : "，")}`;
  }

  private drawSums(cell: Cell): void {
    const lines: [string, Words, number][] = [
      ["open", ["在办", "Open"], figure(cell, OPEN)],
      ["late", ["超期", "Late"], figure(cell, LATE)],
      ["today", ["今日新到", "New today"], figure(cell, TODAY)],
      ["incident", figure(cell, DRILL) ? ["突发事件（另有演练）", "Incidents (and drills)"] : ["突发事件", "Incidents"], figure(cell, INCIDENT)],
      [`level${level(cell)}`, ["预警", "Warnings"], warnings(cell)],
      ["alarm", ["设备告警", "In alarm"], figure(cell, ALARM)],
      ["duty", ["在岗", "On duty"], figure(cell, DUTY)],
    ];
    const list = this.one(".wall-sums");
    lines.forEach(([kind, words, count], i) => {
      let item = list.children[i] as HTMLElement | undefined;
      if (!item) {
        item = document.createElement("li");
        item.append(document.createElement("span"), document.createElement("strong"));
        list.append(item);
      }
      item.dataset["kind"] = kind;
      const [name, number] = [item.firstElementChild, item.lastElementChild];
      if (name && name.textContent !== say(words)) name.textContent = say(words);
      if (number && number.textContent !== String(count)) number.textContent = String(count);
    });
  }

  private drawTable(codes: string[], found: Sums): void {
    const rows: [string, string, Cell][] = codes.map((code) => [code, this.names.get(code) ?? code, found.of.get(code) ?? []]);
    rows.sort((a, b) => figure(b[2], LATE) - figure(a[2], LATE) || figure(b[2], OPEN) - figure(a[2], OPEN) || (a[0] < b[0] ? -1 : 1));
    if (found.elsewhere.some(Boolean)) rows.push(["", say(["未细分到下一级", "Not placed more finely"]), found.elsewhere]);
    rows.push(["", say(["合计", "All"]), found.all]);
    const body = this.one<HTMLTableElement>(".wall-table table").tBodies[0];
    if (!body) return;
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach(([code, name, cell], i) => {
      const row = body.rows[i] ?? this.newRow(body);
      const head = row.cells[0];
      if (head && (head.dataset["code"] !== code || head.textContent !== name)) this.drawHead(head, code, name);
      row.classList.toggle("wall-all", i === rows.length - 1);
      const warned = warnings(cell);
      const numbers = [
        String(figure(cell, OPEN)), String(figure(cell, LATE)), String(figure(cell, TODAY)),
        figure(cell, DRILL) ? say(["{0}（演练 {1}）", "{0} (drills {1})"], figure(cell, INCIDENT), figure(cell, DRILL)) : String(figure(cell, INCIDENT)),
        warned ? say(["{0}（{1} 级）", "{0} (level {1})"], warned, level(cell)) : "0",
        String(figure(cell, ALARM)), String(figure(cell, DUTY)),
      ];
      numbers.forEach((text, k) => {
        const field = row.cells[k + 1];
        if (field && field.textContent !== text) field.textContent = text;
      });
    });
  }

  /** Who stands at the moment that is shown: now, or the second of the day that is played. */
  private drawRoster(): void {
    const list = this.one(".wall-roster");
    const at = this.played ? this.played.midnight + this.played.second : Date.now() / 1000;
    const place = this.place;
    const lines = (this.played ? this.played.told.roster : this.roster)
      .filter((one) => one.since <= at && at < one.until && (!place || one.code.startsWith(place) || place.startsWith(one.code)))
      .map((one) => {
        const lead = one.lead ? say(["带班", "leading"]) : "";
        return [say(one.rota), say(one.unit), lead, say(["{0} 人，至 {1}", "{0} until {1}"], one.people, clockTime(one.until))];
      });
    const told = JSON.stringify(lines);
    if (list.dataset["told"] === told) return;
    list.dataset["told"] = told;
    const items = lines.slice(0, SHOWN).map(([rota, unit, lead, rest]) => {
      const item = document.createElement("li");
      const [what, where] = [document.createElement("strong"), document.createElement("span")];
      what.textContent = [rota, lead].filter(Boolean).join(" · ");
      where.className = "soft";
      where.textContent = `${unit ?? ""} · ${rest ?? ""}`;
      item.append(what, where);
      return item;
    });
    if (lines.length > SHOWN || !lines.length) {
      const rest = document.createElement("li");
      rest.className = "soft";
      rest.textContent = lines.length ? say(["另有 {0} 班", "{0} more"], lines.length - SHOWN) : (list.dataset["none"] ?? "");
      items.push(rest);
    }
    list.replaceChildren(...items);
  }

  private newRow(body: HTMLTableSectionElement): HTMLTableRowElement {
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    row.append(head);
    for (let i = 0; i < 7; i++) row.insertCell().className = "number";
    return row;
  }

  private drawHead(head: HTMLElement, code: string, name: string): void {
    head.dataset["code"] = code;
    const opens = code && (code.length < 15 || (this.data.urls.list && !this.played));
    if (!opens) {
      head.textContent = name;
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "wall-into";
    button.textContent = name;
    button.addEventListener("click", () => this.into(code));
    head.replaceChildren(button);
  }

  private drawStream(stream: "new" | "late", fresh: Set<number>): void {
    const box = this.one(`[data-stream="${stream}"]`);
    const list = this.one(`[data-stream="${stream}"] ol`);
    const lines = this.streams[stream].map((one) => {
      const item = document.createElement("li");
      if (fresh.has(one.key)) item.className = "wall-fresh";
      const kind = this.data.kinds[one.kind];
      const words = kind ? say(kind) : say(["待分类", "not classified yet"]);
      const what = document.createElement(this.data.urls.case ? "a" : "span");
      if (what instanceof HTMLAnchorElement) what.href = `${this.data.urls.case}${one.key}`;
      what.textContent = words;
      const [time, where] = [document.createElement("time"), document.createElement("span")];
      const moment = stream === "late" ? (one.due ?? one.at) : one.at;
      time.dateTime = new Date(moment * 1000).toISOString();
      time.textContent = localDay(new Date(moment * 1000)) === this.today ? clockTime(moment) : localDay(new Date(moment * 1000)).slice(5);
      where.className = "soft";
      where.textContent = this.where(one.code);
      item.append(time, what, where);
      return item;
    });
    if (!lines.length) {
      const none = document.createElement("li");
      none.className = "soft";
      none.textContent = box.dataset["none"] ?? "";
      lines.push(none);
    }
    list.replaceChildren(...lines);
  }

  private drawDoing(acts: Act[]): void {
    const time = (seconds: number): string =>
      localDay(new Date(seconds * 1000)) === this.today ? clockTime(seconds) : localDay(new Date(seconds * 1000)).slice(5);
    drawDoing(this.one(".wall-doing"), acts, { urls: this.data.urls, where: (code) => this.where(code), time });
  }

  /** Street and community: a wall names no door. */
  private where(code: string): string {
    const found = [9, 12].filter((size) => code.length >= size).map((size) => this.names.get(code.slice(0, size)) ?? "");
    return found.filter(Boolean).join(" ") || say(["未定位", "not placed"]);
  }

  private drawRates(told: RatesTold): void {
    for (const rate of this.data.rates) {
      const item = this.querySelector<HTMLElement>(`[data-rate="${rate.code}"]`);
      const href = this.data.urls.board ? `${this.data.urls.board}?period=today&rate=${rate.code}` : "";
      if (item) drawRate(item, rate, told.days, told.of[rate.code] ?? [], href);
    }
  }

  // --- Replay ------------------------------------------------------------------------------------------------------

  private async open(day: string): Promise<void> {
    const input = this.one<HTMLInputElement>('input[name="day"]');
    if (!day || !input.checkValidity()) {
      if (!day) this.stopPlay();
      else input.reportValidity();
      return;
    }
    this.pause();
    try {
      this.played = new Played(await getJson<DayTold>(new URL(this.data.urls.day.replace("DAY", day), location.href).href));
    } catch {
      announce(say(["这一天没有取到，请换一天或稍后再试。", "That day could not be fetched. Choose another, or try again later."]));
      this.stopPlay();
      return;
    }
    this.dataset["mode"] = "replay";
    this.one(".wall-play").hidden = false;
    this.seek(0);
    this.state();
    await this.go(this.path);
    this.play();
  }

  private seek(second: number): void {
    if (!this.played) return;
    this.played.seek(Math.max(0, Math.min(86_399, second)));
    const slider = this.one<HTMLInputElement>(".wall-slider input");
    slider.value = String(Math.floor(this.played.second));
    slider.setAttribute("aria-valuetext", ofDay(this.played.second));
    this.one(".wall-at").textContent = ofDay(this.played.second);
    this.paint();
  }

  private press(what: string): void {
    if (!this.played) return;
    if (what === "toggle") {
      if (this.playing === undefined) this.play();
      else this.pause();
    } else if (what === "live") this.stopPlay();
    else {
      this.pause();
      this.seek(what === "step" ? (this.played.after() ?? 86_399) : this.played.before());
    }
  }

  private play(): void {
    if (!this.played || this.playing !== undefined) return;
    if (this.played.second >= 86_399) this.seek(0);
    const speed = this.one<HTMLSelectElement>('select[name="speed"]');
    let before = performance.now();
    const on = (now: number): void => {
      if (!this.played) return;
      this.seek(this.played.second + ((now - before) / 1000) * Number(speed.value));
      before = now;
      if (this.played.second >= 86_399) this.pause();
      else this.playing = requestAnimationFrame(on);
    };
    this.playing = requestAnimationFrame((now) => {
      before = now;
      this.playing = requestAnimationFrame(on);
    });
    this.toggled(true);
  }

  private pause(): void {
    if (this.playing !== undefined) cancelAnimationFrame(this.playing);
    this.playing = undefined;
    this.toggled(false);
  }

  private toggled(plays: boolean): void {
    const button = this.querySelector<HTMLElement>('[data-play="toggle"]');
    const words = button?.querySelector("span");
    if (button && words) words.textContent = button.dataset[plays ? "pauseWords" : "playWords"] ?? "";
    if (button) button.dataset["playing"] = String(plays);
  }

  private stopPlay(): void {
    this.pause();
    if (!this.played) return;
    this.played = undefined;
    delete this.dataset["mode"];
    this.one(".wall-play").hidden = true;
    this.one<HTMLInputElement>('input[name="day"]').value = "";
    this.state();
    void this.go(this.path);
  }
}
