import htmx from "htmx.org";
import { announce, say } from "../lib/words";

interface Told {
  topic?: string;
  matter?: number | string | null;
  matter_id?: number | string | null;
  words?: string;
}

/** Whether a region that wants "case.* matter:12" is meant by what was told. */
export function meant(wants: string, told: Told): boolean {
  return wants.split(/\s+/).some((want) => {
    if (want === "*") return true;
    if (want === `matter:${told.matter ?? told.matter_id ?? ""}`) return true;
    const topic = told.topic ?? "";
    return want.endsWith("*") ? topic.startsWith(want.slice(0, -1)) : want === topic && want !== "";
  });
}

/**
 * <gb-live src="{{ live_url }}/live" last="123" events="case.accepted case.closed">
 *
 * Follows the outbox. Each event wakes the regions whose data-live names its topic or matter: they get "gb:live", which is
 * what their hx-trigger waits for. The number of the last event heard is sent when it connects again, so that nothing is
 * missed; it lets go of the connection while the page is hidden, because a browser has only six for one server.
 */
export class Live extends HTMLElement {
  private source: EventSource | undefined;
  private last = "";
  private wait = 1000;
  private again: ReturnType<typeof setTimeout> | undefined;
  private heard = 0;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private readonly turned = (): void => (document.hidden ? this.close() : this.open());

  connectedCallback(): void {
    this.last = this.getAttribute("last") ?? "";
    document.addEventListener("visibilitychange", this.turned);
    this.turned();
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.turned);
    this.close();
  }

  private open(): void {
    const address = this.getAttribute("src");
    if (!address || this.source || typeof EventSource === "undefined") return;
    const url = new URL(address, location.href);
    if (this.last) url.searchParams.set("last", this.last);
    // The token in the address is the permission: no cookie goes along, also to another port of the house.
    const source = new EventSource(url);
    this.source = source;
    source.onopen = () => {
      this.wait = 1000;
      this.dataset["state"] = "open";
    };
    source.onerror = () => {
      this.dataset["state"] = "waiting";
      // The browser connects again by itself, unless the server refused: then we do, ever more slowly.
      if (source.readyState !== EventSource.CLOSED) return;
      this.close();
      this.again = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, 60_000);
    };
    const hear = (event: MessageEvent<string>): void => this.hear(event);
    source.onmessage = hear;
    for (const name of (this.getAttribute("events") ?? "").split(/\s+/)) {
      if (name) source.addEventListener(name, hear as EventListener);
    }
  }

  private close(): void {
    clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  }

  private hear(event: MessageEvent<string>): void {
    if (event.lastEventId) this.last = event.lastEventId;
    let told: Told = {};
    try {
      told = JSON.parse(event.data) as Told;
    } catch {
      told = {};
    }
    if (event.type !== "message" && !told.topic) told = { ...told, topic: event.type };
    let woken = 0;
    for (const region of document.querySelectorAll<HTMLElement>("[data-live]")) {
      // A region in which somebody is typing is left alone; it says itself that there is news.
      if (!meant(region.dataset["live"] ?? "", told)) continue;
      if (region.matches(":focus-within") && region.querySelector("textarea:focus, input:focus, select:focus")) {
        region.dataset["stale"] = "true";
        continue;
      }
      htmx.trigger(region, "gb:live", told);
      woken += 1;
    }
    this.dispatchEvent(new CustomEvent("gb:told", { bubbles: true, detail: told }));
    if (woken) this.tell(told.words);
  }

  /** Many changes in a moment are told once. */
  private tell(words: string | undefined): void {
    this.heard += 1;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const text =
        this.heard === 1 && words ? words : say(["页面有 {0} 处更新。", "{0} updates on this page."], this.heard);
      this.heard = 0;
      announce(text);
    }, 1500);
  }
}
