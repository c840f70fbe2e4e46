import { announce, say } from "../lib/words";

const OFF = "gongbi.keys";

/** Whether a key is meant for a field that somebody is typing in. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])"))
  );
}

/**
 * <gb-queue> around a server-rendered list ([data-queue-list] with links) and a detail ([data-queue-detail]).
 *
 * j and k walk the list, Enter opens (the link's own htmx), Escape returns to the list, and a letter presses the button of
 * the detail that carries it as data-key. ? opens the help ([data-queue-help], a dialog), where the single keys can be
 * turned off. When a matter leaves the list, the next one takes its place and its focus.
 */
export class Queue extends HTMLElement {
  private index = 0;
  private watcher: MutationObserver | undefined;

  connectedCallback(): void {
    document.addEventListener("keydown", this.pressed);
    this.addEventListener("focusin", this.focused);
    this.addEventListener("htmx:afterSwap", this.swapped);
    this.watcher = new MutationObserver(this.changed);
    const list = this.querySelector("[data-queue-list]");
    if (list?.parentElement) this.watcher.observe(list.parentElement, { childList: true, subtree: true });
    const toggle = this.querySelector<HTMLInputElement>("[data-queue-keys]");
    if (toggle) {
      toggle.checked = this.keysOn;
      toggle.addEventListener("change", () => {
        if (toggle.checked) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "off");
      });
    }
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.pressed);
    this.removeEventListener("focusin", this.focused);
    this.removeEventListener("htmx:afterSwap", this.swapped);
    this.watcher?.disconnect();
  }

  private get keysOn(): boolean {
    return localStorage.getItem(OFF) !== "off";
  }

  private get links(): HTMLAnchorElement[] {
    return [...this.querySelectorAll<HTMLAnchorElement>("[data-queue-list] a")];
  }

  private get detail(): HTMLElement | null {
    return this.querySelector("[data-queue-detail]");
  }

  private readonly focused = (event: FocusEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const index = link ? this.links.indexOf(link as HTMLAnchorElement) : -1;
    if (index >= 0) this.index = index;
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.detail?.contains(document.activeElement)) {
      this.walk(0);
      event.preventDefault();
      return;
    }
    if (!this.keysOn || typing(event.target)) return;
    if (this.act(event.key)) event.preventDefault();
  };

  private act(key: string): boolean {
    if (key === "j" || key === "k") {
      this.walk(key === "j" ? 1 : -1);
      return true;
    }
    if (key === "?") {
      const help = this.querySelector("dialog[data-queue-help]");
      if (help instanceof HTMLDialogElement) help.showModal();
      return help !== null;
    }
    if (key === "/") {
      const search = document.querySelector<HTMLInputElement>('input[type="search"]');
      search?.focus();
      return search !== null;
    }
    if (!/^[a-z]$/.test(key)) return false;
    const button = this.detail?.querySelector<HTMLElement>(`[data-key="${key}"]`);
    if (!button) return false;
    if (button.matches("[disabled], [aria-disabled=true]")) {
      const why = document.getElementById(button.getAttribute("aria-describedby") ?? "")?.textContent?.trim();
      announce(why || say(["现在不能做这一步。", "This step is not possible now."]));
    } else {
      button.focus();
      button.click();
    }
    return true;
  }

  private walk(by: number): void {
    const links = this.links;
    if (!links.length) return;
    const inside = links.includes(document.activeElement as HTMLAnchorElement);
    const next = inside || by === 0 ? this.index + by : this.index;
    this.index = Math.max(0, Math.min(links.length - 1, next));
    if (inside && next !== this.index) announce(by > 0 ? say(["已到最后一件。", "This is the last one."]) : say(["已到第一件。", "This is the first one."]));
    links[this.index]?.focus();
    links[this.index]?.scrollIntoView({ block: "nearest" });
  }

  /** A matter was opened: mark it in the list and go to its heading. */
  private readonly swapped = (event: Event): void => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || !this.detail || !(target === this.detail || this.detail.contains(target))) return;
    const source = (event as CustomEvent<{ requestConfig?: { elt?: Element } }>).detail.requestConfig?.elt;
    for (const link of this.links) {
      if (source && this.links.includes(source as HTMLAnchorElement)) {
        if (link === source) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
    // Who has walked on in the list meanwhile stays there: only what was asked for takes the focus.
    const here = document.activeElement;
    if (source && here !== source && this.links.includes(here as HTMLAnchorElement)) return;
    const heading = this.detail.querySelector<HTMLElement>("h1, h2, [data-focus]") ?? this.detail;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: matchMedia("(min-width: 1024px)").matches });
  };

  /** Something left the list: if the focus was lost with it, the next one gets it. */
  private readonly changed = (): void => {
    const links = this.links;
    this.index = Math.max(0, Math.min(this.index, links.length - 1));
    if (document.activeElement === document.body) links[this.index]?.focus();
  };
}
