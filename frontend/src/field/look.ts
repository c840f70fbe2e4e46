/** Light or dark and the size of the letters, in the same cookies as on every page; the kept page itself knows neither. */
export type Look = "theme" | "size";
const USUAL: Record<Look, string> = { theme: "auto", size: "normal" };

const kept = (name: string): string => new RegExp(`(?:^|; )${name}=([^;]+)`).exec(document.cookie)?.[1] ?? "";

function show(name: Look, value: string): void {
  if (value === USUAL[name]) document.documentElement.removeAttribute(`data-${name}`);
  else document.documentElement.setAttribute(`data-${name}`, value);
}

/** What was wished before, on a page that comes from the phone. */
export function wishes(): void {
  for (const name of ["theme", "size"] as const) show(name, kept(`gongbi_${name}`) || USUAL[name]);
}

export function setLook(name: Look, value: string): void {
  document.cookie = `gongbi_${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax`;
  show(name, value);
}

/** The language chosen on this phone, "" when none was. */
export const chosenLanguage = (): string => kept("django_language");
