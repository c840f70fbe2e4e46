import type { Watch } from "./line";

/** The figures of divisions, as the server counts them: one number a layer, in this order. */
export const OPEN = 0, LATE = 1, TODAY = 2, WARN = 3, ALARM = 7, DUTY = 8, INCIDENT = 9, DRILL = 10, LAYERS = 11;
export type Cell = number[];
export type Cells = Map<string, Cell>;

export const empty = (): Cell => new Array<number>(LAYERS).fill(0);
const at = (cell: Cell | undefined, layer: number): number => cell?.[layer] ?? 0;

export const figure = at;
export const warnings = (cell: Cell | undefined): number =>
  at(cell, WARN) + at(cell, WARN + 1) + at(cell, WARN + 2) + at(cell, WARN + 3);

/** The highest level among the warnings; 0 where there is none. */
export function level(cell: Cell | undefined): number {
  for (let step = 0; step < 4; step++) if (at(cell, WARN + step)) return step + 1;
  return 0;
}

function add(into: Cell, cell: Cell): void {
  for (let layer = 0; layer < LAYERS; layer++) into[layer] = (into[layer] ?? 0) + (cell[layer] ?? 0);
}

export interface Sums {
  of: Map<string, Cell>;
  elsewhere: Cell; // inside, but in none of the divisions shown
  all: Cell;
}

/** The sums of the divisions `codes` (all of one level), and of everything inside `place` ("" is everything). */
export function sums(cells: Cells, codes: readonly string[], place: string): Sums {
  const of = new Map(codes.map((code) => [code, empty()] as const));
  const found: Sums = { of, elsewhere: empty(), all: empty() };
  const size = codes[0]?.length ?? 0;
  for (const [code, cell] of cells) {
    if (!code.startsWith(place)) continue;
    add(found.all, cell);
    add((size && of.get(code.slice(0, size))) || found.elsewhere, cell);
  }
  return found;
}

/** Below 0 nothing is: 0 to 4, the share of the fullest. The number itself stands beside it. */
export function depth(value: number, most: number): number {
  return value <= 0 || most <= 0 ? 0 : Math.min(4, Math.ceil((value / most) * 4));
}

export interface DayTold {
  day: string;
  codes: string[];
  start: Cell[];
  steps: number[]; // second, index of the division, layer, by
  roster: Watch[]; // the duty roster of that day
}

/** A past day at any of its seconds. Going back begins again at midnight: a day has some ten thousand steps. */
export class Played {
  readonly cells: Cells = new Map();
  second = 0;
  private next = 0;

  /** POSIX seconds at which that day began: China keeps one offset, UTC+8. */
  readonly midnight: number;

  constructor(readonly told: DayTold) {
    this.midnight = Date.parse(`${told.day}T00:00:00+08:00`) / 1000;
    this.reset();
  }

  private reset(): void {
    this.cells.clear();
    this.told.codes.forEach((code, i) => this.cells.set(code, [...(this.told.start[i] ?? empty())]));
    this.next = 0;
  }

  get steps(): number {
    return this.told.steps.length / 4;
  }

  seek(second: number): void {
    if (second < this.second) this.reset();
    const { steps, codes } = this.told;
    while (this.next < steps.length && (steps[this.next] ?? 0) <= second) {
      const cell = this.cells.get(codes[steps[this.next + 1] ?? -1] ?? "");
      const layer = steps[this.next + 2] ?? 0;
      if (cell) cell[layer] = (cell[layer] ?? 0) + (steps[this.next + 3] ?? 0);
      this.next += 4;
    }
    this.second = second;
  }

  /** The second of the next change; undefined when there is none. */
  after(): number | undefined {
    return this.told.steps[this.next];
  }

  /** The last second before the latest change, or midnight. */
  before(): number {
    let index = this.next - 4;
    const now = this.told.steps[index];
    if (now === undefined) return 0;
    while (index >= 0 && this.told.steps[index] === now) index -= 4;
    return index >= 0 ? (this.told.steps[index] ?? 0) : 0;
  }
}
