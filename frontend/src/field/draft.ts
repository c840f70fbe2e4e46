/** What is being typed: one draft for reports, visits, check-ins, results of tasks and finished matters. */
import { of } from "./store";
import type { Item, Photo } from "./types";

export interface Draft {
  sort: "report" | "visit" | "checkin";
  kind: string;
  text: string;
  place: string;
  floor: string;
  grid: string;
  form: string;
  answers: Record<string, string>;
  care: number | null;
  matter: boolean; // a visit in which something to report was found
  photos: Photo[];
  begun: number; // ms
  mends: Item | undefined;
  verdict: string;
}

export interface Last {
  place: string;
  floor: string;
  grid: string;
  kinds: string[]; // the latest first
  texts: Record<string, string[]>; // by kind
}

export const NOTHING_YET: Last = { place: "", floor: "", grid: "", kinds: [], texts: {} };

export function fresh(sort: Draft["sort"], last: Last, grid: string): Draft {
  return {
    sort,
    kind: "",
    text: "",
    place: last.place,
    floor: "",
    grid: last.grid || grid,
    form: sort === "visit" ? "walk_in" : sort === "checkin" ? "checkin" : "",
    answers: {},
    care: null,
    matter: sort === "report",
    photos: [],
    begun: Date.now(),
    mends: undefined,
    verdict: "",
  };
}

/** The draft of something that was refused, with all that was typed and its photos. */
export async function mending(item: Item, last: Last, grids: string[]): Promise<Draft> {
  const body = item.body as Record<string, any>;
  const photos = (await of("photos", item.owner)).filter((photo) => item.photos.includes(photo.key));
  const sort = (body["sort"] ?? "report") as Draft["sort"];
  const division = String(body["division"] ?? "");
  return {
    ...fresh(sort, last, grids[0] ?? ""),
    kind: body["matter"]?.kind ?? "",
    text: body["matter"]?.text || body["note"] || body["finding"] || body["result"] || "",
    place: body["place_words"] ?? "",
    floor: body["floor"] === null || body["floor"] === undefined ? "" : String(body["floor"]),
    grid: grids.includes(division) ? division : (grids[0] ?? ""),
    form: body["form"] ?? "",
    answers: { ...body["answers"] },
    care: body["care"] ?? null,
    matter: Boolean(body["matter"]) || sort === "report",
    photos,
    mends: item,
  };
}

/** Remember for the next time: the last place, and what was written for a kind. */
export function remember(last: Last, draft: Draft): Last {
  const kinds = draft.kind ? [draft.kind, ...last.kinds.filter((kind) => kind !== draft.kind)].slice(0, 6) : last.kinds;
  const known = last.texts[draft.kind] ?? [];
  const text = draft.text.trim();
  const texts = text && text.length <= 60 ? [text, ...known.filter((one) => one !== text)].slice(0, 4) : known;
  return {
    place: draft.place,
    floor: draft.floor,
    grid: draft.grid,
    kinds,
    texts: draft.sort === "report" ? { ...last.texts, [draft.kind]: texts } : last.texts,
  };
}

const CLAUSE = 14;

/** The emergency that a text describes, as the house would see it; the house looks again. */
export function alarmIn<A extends { words: string[]; against: string[] }>(text: string, alarms: A[]): A | undefined {
  const plain = text.normalize("NFKC");
  if (plain.length > 160) return undefined;
  return alarms.find((alarm) =>
    alarm.words.some((word) => {
      const at = plain.indexOf(word);
      if (at < 0) return false;
      const around = plain.slice(Math.max(0, at - CLAUSE), at + word.length + CLAUSE);
      return !alarm.against.some((against) => !word.includes(against) && around.includes(against));
    }),
  );
}
