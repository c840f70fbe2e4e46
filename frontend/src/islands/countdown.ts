import { say, type Words } from "../lib/words";

/** One stretch of time that counts, in milliseconds. */
export type Stretch = readonly [from: number, to: number];

/** How much of the time between now and due counts: all of it, or only what lies inside the stretches. */
export function remaining(now: number, due: number, stretches: readonly Stretch[] | undefined): number {
  if (!stretches) return due - now;
  if (now >= due) return due - now;
  return stretches.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, due) - Math.max(from, now)), 0);
}

const LEFT: Record<string, Words> = {
  wh: ["还剩 {0} 个工作时", "{0} working hours left"],
  wm: ["还剩 {0} 个工作分钟", "{0} working minutes left"],
  h: ["还剩 {0} 小时", "{0} hours left"],
  m: ["还剩 {0} 分钟", "{0} minutes left"],
};

/** Words for what is left, in working or ordinary hours; minutes below one hour. Half hours are kept. */
export function leftWords(milliseconds: number, working: boolean): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / 60_000));
  if (minutes < 60) return say(LEFT[working ? "wm" : "m"] as Words, minutes);
  const hours = Math.floor((minutes / 60) * 2) / 2;
  return say(LEFT[working ? "wh" : "h"] as Words, hours);
}

/**
 * <gb-countdown due="…" stretches="[[from,to],…]" working>: keeps the words of a deadline true, minute by minute.
 *
 * Only deadlines in hours are given to it; one in days says the same all day. When the deadline passes, the words are the
 * server's own (data-late), because how to say it is not for the browser to decide.
 */
export class Countdown extends HTMLElement {
  private timer: ReturnType<typeof setInterval> | undefined;

  connectedCallback(): void {
    this.timer = setInterval(() => this.update(), 60_000);
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
    const words = this.querySelector<HTMLElement>("[data-left]") ?? this;
    if (now > due) {
      words.textContent = this.dataset["late"] ?? words.textContent;
      const chip = this.closest<HTMLElement>(".deadline");
      chip?.setAttribute("data-tone", "late");
      const shape = document.querySelector("#shape-late")?.firstElementChild;
      const old = chip?.querySelector(".shape");
      if (shape && old) old.innerHTML = shape.innerHTML;
      clearInterval(this.timer);
      return;
    }
    const text = this.getAttribute("stretches");
    const stretches = text ? (JSON.parse(text) as [string, string][]).map(([from, to]): Stretch => [
      Date.parse(from),
      Date.parse(to),
    ]) : undefined;
    words.textContent = leftWords(remaining(now, due, stretches), this.hasAttribute("working"));
  };
}
