/** The phone's own store (IndexedDB). What is in here survives the app, the browser and a dead battery. */
import type { Bundle, Done, Item, Photo, TrackPoint } from "./types";

const NAME = "gongbi-field";
const DONE_KEPT = 60;

interface Stores {
  meta: { key: string; value: unknown };
  bundle: Bundle & { owner: string };
  queue: Item;
  photos: Photo;
  done: Done;
  track: TrackPoint;
}
type Store = keyof Stores;

/** The phone is full: nothing was kept, nothing was thrown away. */
export class Full extends Error {}

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((good, bad) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("meta", { keyPath: "key" });
      db.createObjectStore("bundle", { keyPath: "owner" });
      db.createObjectStore("queue", { keyPath: "seq", autoIncrement: true }).createIndex("owner", "owner");
      db.createObjectStore("photos", { keyPath: "key" }).createIndex("owner", "owner");
      db.createObjectStore("done", { keyPath: "key" }).createIndex("owner", "owner");
      db.createObjectStore("track", { keyPath: "id", autoIncrement: true }).createIndex("owner", "owner");
    };
    request.onsuccess = () => {
      // Another tab brings a newer store: let it.
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      good(request.result);
    };
    request.onerror = () => {
      opened = undefined;
      bad(request.error ?? new Error("IndexedDB"));
    };
  });
  return opened;
}

export const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((good, bad) => {
    request.onsuccess = () => good(request.result);
    request.onerror = () => bad(request.error ?? new Error("IndexedDB"));
  });

/**
 * One transaction: all of it is written or nothing. Raises Full when there is no room. `strict` waits for the disk; what the house
 * can tell again need not.
 */
export async function write(
  stores: Store[],
  work: (store: (name: Store) => IDBObjectStore) => void,
  durability: "strict" | "relaxed" = "strict",
): Promise<void> {
  const db = await open();
  await new Promise<void>((good, bad) => {
    const transaction = db.transaction(stores, "readwrite", { durability });
    transaction.oncomplete = () => good();
    transaction.onerror = transaction.onabort = () =>
      bad(transaction.error?.name === "QuotaExceededError" ? new Full() : (transaction.error ?? new Error("IndexedDB")));
    try {
      work((name) => transaction.objectStore(name));
    } catch (error) {
      transaction.abort();
      bad(error instanceof DOMException && error.name === "QuotaExceededError" ? new Full() : error);
    }
  });
}

/** What the first screen is drawn from, and nothing else: read in one transaction, without photos. */
export interface Shelf {
  bundle: (Bundle & { owner: string }) | undefined;
  meta: Map<string, unknown>;
  items: Item[];
  done: Done[];
}

export async function shelf(): Promise<Shelf> {
  const db = await open();
  const transaction = db.transaction(["meta", "bundle", "queue", "done"]);
  const all = <T>(name: Store): Promise<T[]> => answer<T[]>(transaction.objectStore(name).getAll());
  // Asked for at once: nothing waits for the answer to another question.
  const [told, bundles, items, done] = await Promise.all([
    all<Stores["meta"]>("meta"), all<Stores["bundle"]>("bundle"), all<Item>("queue"), all<Done>("done"),
  ]);
  const meta = new Map(told.map((one) => [one.key, one.value]));
  const owner = meta.get("owner");
  const own = <T extends { owner: string }>(rows: T[]): T[] => rows.filter((one) => one.owner === owner);
  return { bundle: own(bundles)[0], meta, items: own(items), done: own(done) };
}

export async function get<S extends Store>(store: S, key: IDBValidKey): Promise<Stores[S] | undefined> {
  const db = await open();
  return answer<Stores[S] | undefined>(db.transaction(store).objectStore(store).get(key));
}

/** Rows of one owner: nobody sees what another account left on this phone. */
export async function of<S extends "queue" | "photos" | "done" | "track">(store: S, owner: string): Promise<Stores[S][]> {
  const db = await open();
  return answer<Stores[S][]>(db.transaction(store).objectStore(store).index("owner").getAll(owner));
}

export async function meta<T>(key: string): Promise<T | undefined> {
  return (await get("meta", key))?.value as T | undefined;
}

export const setMeta = (key: string, value: unknown): Promise<void> =>
  write(["meta"], (store) => store("meta").put({ key, value }));

/** The bundle of this owner is the only one on the phone: another account's people and places go. */
export const keepBundle = (bundle: Bundle): Promise<void> =>
  write(
    ["bundle", "meta"],
    (store) => {
      store("bundle").clear();
      store("bundle").put({ ...bundle, owner: bundle.me.owner });
      store("meta").put({ key: "owner", value: bundle.me.owner });
    },
    "relaxed",
  );

/** Somebody signs out: people and places go, what waits to be sent stays and is seen by its owner only. */
export const forgetOwner = (): Promise<void> =>
  write(["bundle", "meta"], (store) => {
    store("bundle").clear();
    store("meta").delete("owner");
  });

/** The number that is shown at once: day of the month and a count of this phone. */
async function localNumber(now: Date): Promise<string> {
  const day = `${String(now.getMonth() + 1).padStart(2, "0")}${String(now.getDate()).padStart(2, "0")}`;
  const last = (await meta<{ day: string; n: number }>("count")) ?? { day, n: 0 };
  const n = last.day === day ? last.n + 1 : 1;
  await setMeta("count", { day, n });
  return `${day}-${String(n).padStart(2, "0")}`;
}

/** Put something into the queue with its photos, in one step. `instead`: the item that it replaces. */
export async function enqueue(
  item: Omit<Item, "seq" | "number" | "made" | "state" | "told">,
  photos: Photo[] = [],
  instead?: Item,
): Promise<Item> {
  const now = new Date();
  const made: Item = {
    ...item,
    number: instead?.number ?? (await localNumber(now)),
    made: instead?.made ?? now.toISOString(),
    state: "waiting",
  };
  if (instead?.seq !== undefined) made.seq = instead.seq; // a mended one keeps its place
  await write(["queue", "photos"], (store) => {
    for (const photo of photos) store("photos").put(photo);
    for (const key of instead?.photos ?? []) if (!item.photos.includes(key)) store("photos").delete(key);
    const request = store("queue").put(made);
    request.onsuccess = () => (made.seq = request.result as number);
  });
  return made;
}

export const putItem = (item: Item): Promise<void> => write(["queue"], (store) => void store("queue").put(item));

/** Only a person throws something away. */
export const discard = (item: Item): Promise<void> =>
  write(["queue", "photos"], (store) => {
    if (item.seq !== undefined) store("queue").delete(item.seq);
    for (const key of item.photos) store("photos").delete(key);
  });

/** It is with the house: item and photos leave, the receipt stays. */
export async function finished(item: Item, told: { number?: string; ledgers?: string[] }): Promise<void> {
  const old = (await of("done", item.owner)).sort((a, b) => a.at.localeCompare(b.at));
  await write(["queue", "photos", "done"], (store) => {
    if (item.seq !== undefined) store("queue").delete(item.seq);
    for (const key of item.photos) store("photos").delete(key);
    for (const one of old.slice(0, Math.max(0, old.length - DONE_KEPT))) store("done").delete(one.key);
    store("done").put({
      key: item.key,
      owner: item.owner,
      number: item.number,
      title: item.title,
      told: told.number ?? "",
      ledgers: told.ledgers ?? [],
      at: new Date().toISOString(),
    } satisfies Done);
  });
}

export const newKey = (): string =>
  typeof crypto.randomUUID === "function"
    ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
