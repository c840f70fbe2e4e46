/** The service worker: the app starts without a line, and what waits is sent even when the app is closed. */
import { drain, SYNC } from "./send";

interface SyncEvent extends ExtendableEvent {
  tag: string;
}
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface InstallEvent extends ExtendableEvent {
  addRoutes?(routes: unknown[]): Promise<void>;
}
interface FetchEvent extends ExtendableEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Kept {
  version: string;
  files: string[];
}
declare const self: typeof globalThis & {
  __KEPT__: Kept;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: never) => void): void;
};

const KEPT = self.__KEPT__;
const CACHE = `gongbi-field-${KEPT.version}`;
const FILES = new Set(KEPT.files);
const SHELL = KEPT.files[0] ?? "/field/";
let opened: Promise<Cache> | undefined;

self.addEventListener("install", (event: InstallEvent) => {
  const fill = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(KEPT.files.filter((file) => !file.startsWith(SHELL)));
    // The page and its manifest are kept whatever the next request says of languages: the app speaks both itself.
    for (const file of KEPT.files.filter((one) => one.startsWith(SHELL))) {
      const came = await fetch(file, { cache: "reload" });
      if (!came.ok) throw new Error(`${file}: ${came.status}`);
      const headers = new Headers(came.headers);
      headers.delete("Vary");
      await cache.put(file, new Response(await came.blob(), { headers }));
    }
    await self.skipWaiting();
  };
  event.waitUntil(fill());
  // Where the browser can, what is kept is handed out without starting this worker first.
  const routes = KEPT.files.map((pathname) => ({
    condition: { urlPattern: { pathname, search: "" }, requestMethod: "get" },
    source: { cacheName: CACHE },
  }));
  void event.addRoutes?.(routes).catch(() => undefined);
});

self.addEventListener("activate", (event: ExtendableEvent) => {
  const tidy = async (): Promise<void> => {
    for (const name of await caches.keys()) {
      if (name.startsWith("gongbi-field-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event: FetchEvent) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  const wanted = request.mode === "navigate" && url.pathname === SHELL ? SHELL : url.pathname;
  if (!FILES.has(wanted)) return; // plain pages, other faces and the interface go to the house
  opened ??= caches.open(CACHE);
  const cache = opened;
  const kept = async (): Promise<Response> => (await (await cache).match(wanted)) ?? fetch(request);
  event.respondWith(kept());
});

self.addEventListener("sync", (event: SyncEvent) => {
  if (event.tag !== SYNC) return;
  const send = async (): Promise<void> => {
    const line = await drain();
    // Rejecting asks the browser to try again later; signed out there is nothing to try.
    if (line === "offline" || line === "later") throw new Error(line);
  };
  event.waitUntil(send());
});
