/** Words of the islands, Chinese and English side by side; the page's own language decides. */
export type Words = readonly [zh: string, en: string];

export const isEnglish = (): boolean => document.documentElement.lang.toLowerCase().startsWith("en");

/** Picks the word of the page's language and fills {0}, {1} … with the given values. */
export function say(words: Words, ...values: (string | number)[]): string {
  const text = words[isEnglish() ? 1 : 0];
  return text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
}

let pending: ReturnType<typeof setTimeout> | undefined;

/** Tells a screen reader politely, through the page's one live region. */
export function announce(text: string): void {
  const region = document.getElementById("announcer");
  if (!region) return;
  clearTimeout(pending);
  region.textContent = "";
  // A short pause makes the same sentence be read again.
  pending = setTimeout(() => (region.textContent = text), 60);
}
