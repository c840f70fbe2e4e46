import type { Cell } from "./figures";

export interface Case {
  key: number;
  kind: string;
  code: string;
  at: number; // POSIX seconds
  due: number | null;
}

export interface RatesTold {
  days: string[];
  of: Record<string, ([above: number, below: number] | null)[]>;
}

/** Who is on a duty roster: unit, roster, how many, between two POSIX seconds. No name. */
export interface Watch {
  code: string;
  rota: [zh: string, en: string];
  unit: [zh: string, en: string];
  since: number;
  until: number;
  lead: boolean;
  people: number;
}

/** An incident at work, a whistle with who has come (0 called, 1 signed, 2 came, 3 reported), or an order over its clock. */
export interface Act {
  sort: "incident" | "whistle" | "order";
  number: string;
  code: string;
  words: [zh: string, en: string];
  drill: boolean;
  at: number | null;
  level?: number;
  units?: [zh: string, en: string, step: number][];
}

export interface Told {
  turn: number;
  at: number;
  whole?: boolean;
  cells: Record<string, Cell>;
  new?: Case[];
  late?: Case[];
  doing?: Act[];
  rates?: RatesTold;
  roster?: Watch[];
}

export type Standing = "open" | "waiting" | "ended" | "taken";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/**
 * The live line. It says which turn it has, so that nothing is missed after a break of any length; it lets go while the page is hidden,
 * because a browser has only six connections to one server, and asks for a new pass when the old one has run out.
 */
export class Line {
  private source: EventSource | undefined;
  private last = "";
  private wait = FIRST_WAIT;
  private again: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private readonly turned = (): void => (document.hidden ? this.close() : this.open());

  constructor(
    private readonly address: string,
    private pass: string,
    private readonly renewAt: string,
    private readonly hear: (told: Told) => void,
    private readonly stands: (standing: Standing) => void,
  ) {
    document.addEventListener("visibilitychange", this.turned);
    this.turned();
  }

  stop(): void {
    this.stopped = true;
    document.removeEventListener("visibilitychange", this.turned);
    this.close();
  }

  private open(): void {
    if (this.source || this.stopped || !this.address) return;
    const url = new URL(this.address, location.href);
    url.searchParams.set("token", this.pass);
    if (this.last) url.searchParams.set("last", this.last);
    const source = new EventSource(url);
    this.source = source;
    source.addEventListener("wall", (event) => {
      const message = event as MessageEvent<string>;
      this.wait = FIRST_WAIT;
      this.last = message.lastEventId || this.last;
      this.stands("open");
      this.hear(JSON.parse(message.data) as Told);
    });
    source.addEventListener("end", () => {
      this.close();
      void this.renew();
    });
    source.onerror = () => {
      this.stands("waiting");
      if (source.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
      this.close();
      // Refused: the pass may have run out while the screen was away.
      this.again = setTimeout(() => void this.renew(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    };
  }

  private close(): void {
    clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  }

  private async renew(): Promise<void> {
    if (this.stopped || document.hidden) return;
    try {
      const answer = await fetch(this.renewAt, { credentials: "same-origin", redirect: "manual", cache: "no-store" });
      if (answer.ok) {
        this.pass = (await answer.json()) as string;
        this.open();
        return;
      }
      if (answer.status === 404 || answer.status === 403 || answer.type === "opaqueredirect") {
        this.stands(answer.status === 404 ? "taken" : "ended");
        return;
      }
    } catch {
      // The server is away; it is asked again.
    }
    this.again = setTimeout(() => void this.renew(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }
}
