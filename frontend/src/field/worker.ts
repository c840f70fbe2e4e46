/** The service worker: the app starts without a line, and what waits is sent even when the app is closed. */
import { drain, SYNC } from "./send";

interface SyncEvent extends ExtendableEvent {
  tag: string;
}
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
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

self.addEventListener("install", (event: ExtendableEvent) => {
  const fill = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(KEPT.files.map((file) => new Request(file, { cache: "reload" })));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
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
  const kept = async (): Promise<Response> => (await (await caches.open(CACHE)).match(wanted)) ?? fetch(request);
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
