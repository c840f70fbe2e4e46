import { say, type Words } from "../lib/words";

export interface Rate {
  code: string;
  words: Words;
  below: Words;
  better: "high" | "low";
  fewest: number; // below so many a share says little
}

type Figure = [above: number, below: number] | null;
const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, PAD] = [280, 48, 3];

const share = (figure: Figure | undefined): number | undefined =>
  figure && figure[1] > 0 ? figure[0] / figure[1] : undefined;
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** One rate: today's share with what stands above and below the line, yesterday's beside it, and the course of two weeks. */
export function drawRate(item: HTMLElement, rate: Rate, days: string[], figures: Figure[], href: string): void {
  const today = figures[figures.length - 1];
  const [now, before] = [share(today), share(figures[figures.length - 2])];
  const told = JSON.stringify([figures, href]);
  if (item.dataset["told"] === told) return;
  item.dataset["told"] = told;

  const words = document.createElement(href ? "a" : "span");
  words.className = "wall-rate-words";
  words.textContent = say(rate.words);
  words.title = say(rate.below);
  if (words instanceof HTMLAnchorElement) words.href = href;

  const figure = document.createElement("strong");
  figure.className = "wall-figure";
  // Nothing below the line is neither 0 nor 100 %.
  figure.textContent = now === undefined ? (today === null || today === undefined ? "…" : "—") : percent(now);

  const parts = document.createElement("span");
  parts.className = "small soft";
  parts.textContent = now === undefined || !today
    ? say(["今天还没有", "none yet today"])
    : say(["{0} / {1}", "{0} of {1}"], today[0], today[1]) + (today[1] < rate.fewest ? say(["，数量少", ", few"]) : "");

  const change = document.createElement("span");
  change.className = "wall-change small";
  if (before !== undefined) {
    const moved = now === undefined ? 0 : Math.round((now - before) * 1000);
    const good = moved > 0 === (rate.better === "high");
    if (moved && (today?.[1] ?? 0) >= rate.fewest) change.dataset["tone"] = good ? "ok" : "late";
    const arrow = moved > 0 ? "↑" : moved < 0 ? "↓" : "";
    change.textContent = `${arrow} ${say(["昨日 {0}", "yesterday {0}"], percent(before))}`.trim();
  }
  item.replaceChildren(words, figure, parts, change, course(days, figures));
}

function course(days: string[], figures: Figure[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "wall-course");
  svg.setAttribute("role", "img");
  const values = figures.map(share);
  const known = values.filter((value): value is number => value !== undefined);
  const said = values
    .map((value, i) => (value === undefined ? "" : `${(days[i] ?? "").slice(5)} ${percent(value)}`))
    .filter(Boolean);
  svg.setAttribute("aria-label", said.length ? said.join(say(["，", ", "])) : say(["还没有走势", "no course yet"]));
  if (known.length < 2) return svg;
  const low = Math.min(...known);
  const span = Math.max(Math.max(...known) - low, 0.02);
  const x = (i: number): number => PAD + (i / Math.max(values.length - 1, 1)) * (WIDTH - 2 * PAD);
  const y = (value: number): number => HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD);
  let path = "";
  let broken = true; // a day without anything is a gap, not a zero
  values.forEach((value, i) => {
    if (value === undefined) broken = true;
    else {
      path += `${broken ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      broken = false;
    }
  });
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
