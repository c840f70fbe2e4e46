import { announce } from "./words";

/** Light or dark, text size: kept in a cookie so that the server draws the next page right from its first byte. */
const YEAR = 60 * 60 * 24 * 365;

function keep(name: string, value: string): void {
  document.cookie = `gongbi_${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax`;
  const root = document.documentElement;
  if (value === "auto" || value === "normal") root.removeAttribute(`data-${name}`);
  else root.setAttribute(`data-${name}`, value);
}

/** The radios of the display menu act at once; without JavaScript the form's own button sends them. */
export function wirePreferences(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-preferences]")) {
    form.querySelector<HTMLElement>("[data-without-script]")?.setAttribute("hidden", "");
    form.addEventListener("change", (event) => {
      const input = event.target;
      if (input instanceof HTMLInputElement && (input.name === "theme" || input.name === "size")) {
        keep(input.name, input.value);
      }
    });
  }
}

/** Menus that fold close on Escape and on a click elsewhere; the focus goes back to where they were opened. */
export function wirePopovers(): void {
  const open = (): HTMLDetailsElement[] => [
    ...document.querySelectorAll<HTMLDetailsElement>("details.popover[open]"),
  ];
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary")?.focus();
    }
  });
}

/** data-dialog="ID" opens that dialog; data-dialog-close closes the one around it. */
export function wireDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest<HTMLElement>("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset["dialog"] ?? "");
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        if (!dialog.open) dialog.showModal();
      }
      return;
    }
    target?.closest<HTMLElement>("[data-dialog-close]")?.closest("dialog")?.close();
  });
}

/** The bar that says "no connection" is always in the page; here it is shown and hidden. */
export function wireOffline(): void {
  const bar = document.getElementById("offline");
  if (!bar) return;
  const show = (): void => {
    bar.toggleAttribute("hidden", navigator.onLine);
  };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
  holdForms(bar);
}

const PATIENCE = 6_000;

/**
 * A form with words of a person (data-hold) leaves the page only when the server can be reached: a browser that fails to send it
 * shows its own error page, and what was typed is gone, because these pages are kept by no cache.
 */
function holdForms(bar: HTMLElement): void {
  const sure = new WeakSet<HTMLFormElement>();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.hasAttribute("data-hold")) return;
    if (sure.delete(form)) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return; // a second tap while the first one asks
    form.setAttribute("aria-busy", "true");
    const pressed = event.submitter;
    void reachable().then((there) => {
      form.removeAttribute("aria-busy");
      bar.hidden = there;
      if (there) {
        sure.add(form);
        form.requestSubmit(pressed);
      } else announce(bar.textContent?.trim() ?? "");
    });
  });
}

/** Whether the server answers at all, whatever it answers. */
async function reachable(): Promise<boolean> {
  if (!navigator.onLine) return false;
  try {
    await fetch(document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href ?? "/", {
      method: "HEAD",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return true;
  } catch {
    return false;
  }
}

/** The side menu is folded on a phone and open on a desk. */
export function wireSide(): void {
  const side = document.querySelector<HTMLDetailsElement>(".side > details");
  if (!side) return;
  const wide = matchMedia("(min-width: 1024px)");
  const fit = (): void => {
    side.open = wide.matches;
  };
  wide.addEventListener("change", fit);
  fit();
}

/** Buttons that print the page. */
export function wirePrint(): void {
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-print]")) print();
  });
}
