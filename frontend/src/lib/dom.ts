import { LitElement } from "lit";

/** An island that draws into the page itself, so that forms, styles and labels reach through. */
export abstract class Island extends LitElement {
  /** What the island draws stands in its own box; what the server wrote stays where it is. */
  protected override createRenderRoot(): HTMLElement {
    const box = document.createElement("div");
    box.className = "island";
    this.append(box);
    return box;
  }
}

/** Defines a custom element once, however often its module is loaded. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}

/** The value of a CSS custom property at the root, e.g. token("azurite"). */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const prefersStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Calls back when the page turns light or dark or changes its size. Returns a function that stops it. */
export function onAppearance(changed: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-size"] });
  media.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", changed);
  };
}

/** Calls back once, when the element comes near the screen. Returns a function that stops waiting. */
export function onNear(element: Element, came: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      came();
    },
    { rootMargin: "200px" },
  );
  observer.observe(element);
  return () => observer.disconnect();
}

/** Fetches JSON from the own server; throws with the status when it is refused. */
export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(url, {
    headers: { Accept: "application/json" },
    credentials: "same-origin",
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as T;
}
