import { say } from "../lib/words";

/** One stretch of time that counts, in milliseconds. */
export type Stretch = readonly [from: number, to: number];

const MINUTE = 60_000;
const OFFICE_DAY = 8 * 60;
const TRIANGLE = '<path d="M10 1.5 19.5 18H.5Z"></path><path class="cut" d="M10 7.5v4.5M10 15v.2"></path>';

/** Whole minutes of the stretches that lie between now and the deadline; a begun minute counts as whole. */
export function minutesLeft(now: number, due: number, stretches: readonly Stretch[]): number {
  const counted = stretches.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, due) - Math.max(from, now)), 0);
  return Math.ceil(counted / MINUTE);
}

/**
 * Minutes in words, as the server says them (kernel/clock/words.py): office hours or hours; days where the limit was given in
 * days or two days and more are left, then without minutes; from ten days on nothing but days.
 */
export function amount(minutes: number, office: boolean, days: boolean): string {
  const size = office ? OFFICE_DAY : 1440;
  const long = minutes >= 2 * size;
  const whole = days || long ? Math.floor(minutes / size) : 0;
  const rest = minutes - whole * size;
  const hours = whole >= 10 ? 0 : Math.floor(rest / 60);
  const over = long ? 0 : rest % 60;
  const many = (n: number): string => (n === 1 ? "" : "s");
  const parts: string[] = [];
  if (whole) {
    parts.push(
      office
        ? say(["{0} 个工作日", "{0} office day{1}"], whole, many(whole))
        : say(["{0} 天", "{0} day{1}"], whole, many(whole)),
    );
  }
  if (hours) {
    parts.push(
      office
        ? say(["{0} 个工作时", "{0} office hour{1}"], hours, many(hours))
        : say(["{0} 小时", "{0} hour{1}"], hours, many(hours)),
    );
  }
  if (over || !parts.length) {
    parts.push(
      office && !parts.length
        ? say(["{0} 分钟工作时间", "{0} office minute{1}"], over, many(over))
        : say(["{0} 分钟", "{0} minute{1}"], over, many(over)),
    );
  }
  return parts.join(" ");
}

const day = (moment: number): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", dateStyle: "short" }).format(moment);

const WEEKDAYS = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

/** A moment as the server says it (kernel/clock/words.py): 今天 16:30, 明天 09:00, 后天, 周五 18:00, 10月8日 11:00, 2027年1月4日. */
export function when(moment: number, now: number): string {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", timeStyle: "short" }).format(moment);
  const [there, here] = [day(moment), day(now)].map((text) => Date.parse(`${text}T00:00Z`)) as [number, number];
  const days = Math.round((there - here) / (24 * 60 * MINUTE));
  if (days === 0) return say(["今天 {0}", "today {0}"], clock);
  if (days === 1) return say(["明天 {0}", "tomorrow {0}"], clock);
  const date = new Date(there);
  const weekday = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "long" }).format(date);
  const untilSunday = (7 - new Date(here).getUTCDay()) % 7;
  if (days === 2) return say(["后天 {0}", "{1} {0}"], clock, weekday);
  if (days > 0 && days <= untilSunday) return say(["{1} {0}", "{2} {0}"], clock, WEEKDAYS[date.getUTCDay()] ?? "", weekday);
  const month = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", month: "long" }).format(date);
  const year = date.getUTCFullYear() === new Date(here).getUTCFullYear() ? "" : String(date.getUTCFullYear());
  return say(
    [year ? "{4}年{0}月{1}日 {2}" : "{0}月{1}日 {2}", year ? "{1} {3} {4} {2}" : "{1} {3} {2}"],
    date.getUTCMonth() + 1, date.getUTCDate(), clock, month, year,
  );
}

/**
 * <gb-countdown due="…" measure="office|continuous" stretches="[[from,to],…]" days>: keeps the words of a deadline true,
 * minute by minute. The stretches that count come from the server, which alone knows the working calendar. When the deadline
 * passes, the words are the server's own (data-late).
 */
export class Countdown extends HTMLElement {
  private timer: ReturnType<typeof setInterval> | undefined;
  private written = "";

  connectedCallback(): void {
    this.timer = setInterval(this.update, MINUTE / 2);
    document.addEventListener("visibilitychange", this.update);
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.update);
  }

  readonly update = (): void => {
    const due = Date.parse(this.getAttribute("due") ?? "");
    if (Number.isNaN(due)) return;
    const now = Date.now();
    // The whole minute of the deadline still belongs to the limit.
    if (now >= due + MINUTE) this.late();
    else {
      const stretches = (JSON.parse(this.getAttribute("stretches") || "[]") as [string, string][]).map(
        ([from, to]): Stretch => [Date.parse(from), Date.parse(to)],
      );
      const minutes = minutesLeft(now, due, stretches);
      const until = when(due, now);
      this.write(
        minutes > 0
          ? say(
              ["还剩 {0}（{1} 前）", "{0} left (by {1})"],
              amount(minutes, this.getAttribute("measure") === "office", this.hasAttribute("days")),
              until,
            )
          : say(["最后一分钟（{0} 前）", "last minute (by {0})"], until),
      );
    }
  };

  private late(): void {
    clearInterval(this.timer);
    this.write(this.dataset["late"] ?? this.textContent ?? "");
    const chip = this.closest<HTMLElement>(".deadline");
    chip?.setAttribute("data-tone", "late");
    const shape = chip?.querySelector(".shape");
    if (shape) shape.innerHTML = TRIANGLE;
  }

  private write(text: string): void {
    if (text === this.written) return;
    this.written = text;
    this.textContent = text;
  }
}
