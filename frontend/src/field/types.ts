/** What the phone keeps and what the house tells it. Times are ISO 8601 with zone. */
import type { Words } from "../lib/words";
import type { Shapes } from "../lib/geo";

export type Pair = [zh: string, en: string];

export interface Me {
  owner: string; // account:post – whose queue this is
  name: string;
  unit: string;
  language: string;
  synthetic: boolean;
}

export interface Grid {
  code: string;
  name: string;
  shapes: Shapes;
  card: { worker_name: string; phone: string; supervision_phone: string } | null;
}

export interface Kind {
  code: string;
  name: Pair;
  spot: boolean;
}

export interface Alarm {
  number: string;
  words: string[];
  against: string[];
  reply: Pair;
}

export interface Task {
  id: number;
  number: string;
  purpose: "verify" | "check";
  state: string;
  words: Pair;
  about: string;
  title: string;
  question: string;
  place: string;
  lon: number | null;
  lat: number | null;
  opened_at: string;
}

export interface Case {
  number: string;
  title: string;
  kind: Pair | string;
  place: string;
  state: Pair;
  due: Pair;
  tone: string;
  mine: boolean;
  lon: number | null;
  lat: number | null;
  href: string;
  may: string[];
}

export interface FormField {
  name: string;
  words: Pair;
  type: string;
  required?: boolean;
  choices?: [string, string, string][];
}

export interface Form {
  code: string;
  sort: "checkin" | "visit";
  words: Pair;
  source: string;
  fields: FormField[];
}

export interface Plan {
  id: number;
  kind: Pair;
  name: string; // masked: the name itself is never kept on the phone
  door: string;
  due: string;
  late: boolean;
}

export interface Bundle {
  me: Me;
  bounds: [number, number, number, number] | null;
  grids: Grid[];
  kinds: Kind[];
  alarms: Alarm[];
  duties: { words: Pair; items: { code: string; name: Pair; about: Pair }[] }[];
  contacts: { name: Pair; phone: string; near: boolean }[];
  tasks: Task[];
  verdicts: Record<string, Record<string, Pair>>;
  cases: Case[];
  forms: Form[];
  plan: Plan[];
  colleagues: { post: number; name: string }[];
  shift: { key: string; started_at: string; ended_at: string | null } | null;
  digest: string;
  at: string;
  until: string;
}

export interface Told {
  code: string;
  message: string;
  field: string;
  article?: string;
  number?: string;
}

export type What = "entry" | "shift" | "stop" | "accept" | "decline" | "hand-over" | "back" | "finish";

/** Something to be sent: in the order of `seq`, once, under `key`. */
export interface Item {
  seq?: number;
  key: string;
  owner: string;
  number: string; // the local number, shown at once
  what: What;
  path: string;
  body: Record<string, unknown>;
  photos: string[];
  title: string;
  made: string;
  state: "waiting" | "refused";
  told?: Told;
}

/** A photo as it will be sent: bytes, their digest, when and where it was taken. */
export interface Photo {
  key: string;
  owner: string;
  data: ArrayBuffer;
  digest: string;
  taken_at: string;
  lon: number | null;
  lat: number | null;
  accuracy: number | null;
  camera_lon: number | null;
  camera_lat: number | null;
  sure: boolean;
  sent: boolean;
}

export interface Done {
  key: string;
  owner: string;
  number: string;
  title: string;
  told: string; // the number that the house gave
  ledgers: string[];
  at: string;
}

export interface TrackPoint {
  id?: number;
  owner: string;
  shift: string;
  at: string;
  lon: number;
  lat: number;
  accuracy: number | null;
}

export const pick = (pair: Words | Pair | string, english: boolean): string =>
  typeof pair === "string" ? pair : (pair[english ? 1 : 0] ?? pair[0]);
