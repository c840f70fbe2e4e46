/** Sends what waits: in order, once, from where the line broke. The app and the service worker run the same code. */
import { finished, get, of, putItem, write } from "./store";
import type { Item, Me, Photo, Told, TrackPoint } from "./types";

export type Line = "sent" | "offline" | "signed-out" | "later" | "busy";
const PIECE = 64 * 1024;
const PATIENCE = 45_000;
const TRACK_MOST = 500;

export const API = "/api/field";
export const SYNC = "gongbi-field-send";
const LOCK = "gongbi-field-send";

export function changed(): void {
  const channel = new BroadcastChannel("gongbi-field");
  channel.postMessage("changed");
  channel.close();
}

class Stop extends Error {
  constructor(readonly why: Line) {
    super(why);
  }
}

class No extends Error {
  constructor(readonly told: Told) {
    super(told.code);
  }
}

/** One request. Raises Stop where nothing more can be sent now, No where the house refuses this one thing. */
async function call(method: string, path: string, csrf: string, body?: BodyInit, type = "application/json"): Promise<any> {
  let answer: Response;
  try {
    answer = await fetch(API + path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": type, "X-CSRFToken": csrf }) },
      signal: AbortSignal.timeout(PATIENCE),
      ...(body === undefined ? {} : { body }),
    });
  } catch {
    throw new Stop("offline");
  }
  const told = await answer.json().catch(() => null);
  if (answer.ok) return told;
  if (answer.status === 401) throw new Stop("signed-out");
  // Without a code it is no word of ours: a proxy, a page's token that ran out, a house being restarted.
  if (answer.status >= 500 || answer.status === 408 || answer.status === 429 || !told?.code) throw new Stop("later");
  throw new No(told as Told);
}

const json = (value: unknown): string => JSON.stringify(value);

export const fetchMe = (): Promise<Me & { csrf: string }> => call("GET", "/me", "");

async function sendPhoto(key: string, csrf: string): Promise<void> {
  const photo = await get("photos", key);
  if (!photo) throw new No({ code: "field.photo_lost", message: "", field: "photos" });
  const { data, owner: _owner, sent: _sent, ...facts } = photo;
  let at: { received: number; done: boolean } = await call("POST", "/photos", csrf, json({ ...facts, size: data.byteLength }));
  while (!at.done) {
    const before = at.received;
    const piece = data.slice(before, before + PIECE);
    at = await call("PUT", `/photos/${key}?offset=${before}`, csrf, piece, "application/octet-stream");
    if (!at.done && at.received === before) throw new Stop("later");
  }
  await write(["photos"], (store) => void store("photos").put({ ...photo, sent: true } satisfies Photo));
}

async function sendItem(item: Item, csrf: string): Promise<void> {
  for (let round = 0; ; round++) {
    for (const key of item.photos) {
      const photo = await get("photos", key);
      if (!photo?.sent || round > 0) await sendPhoto(key, csrf);
    }
    try {
      await finished(item, (await call("POST", item.path, csrf, json(item.body))) ?? {});
      return;
    } catch (error) {
      // Swept or never whole: announced again, the house says from where to go on.
      if (error instanceof No && error.told.code === "rounds.photo_missing" && round < 2) continue;
      throw error;
    }
  }
}

async function sendTrack(owner: string, csrf: string): Promise<void> {
  const points = await of("track", owner);
  const shifts = new Map<string, TrackPoint[]>();
  for (const point of points) shifts.set(point.shift, [...(shifts.get(point.shift) ?? []), point]);
  for (const [shift, own] of shifts) {
    for (let from = 0; from < own.length; from += TRACK_MOST) {
      const some = own.slice(from, from + TRACK_MOST);
      const body = { points: some.map(({ at, lon, lat, accuracy }) => ({ at, lon, lat, accuracy })) };
      try {
        await call("POST", `/shifts/${shift}/track`, csrf, json(body));
      } catch (error) {
        if (!(error instanceof No)) throw error; // refused: positions that the house will not have are not kept here either
      }
      await write(["track"], (store) => {
        for (const point of some) if (point.id !== undefined) store("track").delete(point.id);
      });
    }
  }
}

async function run(): Promise<Line> {
  const { owner, csrf } = await fetchMe();
  const items = (await of("queue", owner)).filter((item) => item.state === "waiting");
  for (const item of items.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))) {
    try {
      await sendItem(item, csrf);
    } catch (error) {
      if (!(error instanceof No)) throw error;
      // Refused: it stays, says why, and can be mended. The others go on.
      await putItem({ ...item, state: "refused", told: error.told });
    }
    changed();
  }
  await sendTrack(owner, csrf);
  return "sent";
}

/** Send everything of whoever is signed in. One at a time, however many tabs and workers ask. */
export async function drain(): Promise<Line> {
  const work = async (): Promise<Line> => {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Stop) return error.why;
      if (error instanceof No) return "signed-out"; // /me refused: another role, no post
      throw error;
    }
  };
  if (!("locks" in navigator)) return work();
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? work() : ("busy" as const)));
}

