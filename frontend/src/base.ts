import "./css/index.css";
import htmx from "htmx.org";
import { define } from "./lib/dom";
import { wireDialogs, wireOffline, wirePopovers, wirePreferences, wirePrint, wireSide } from "./lib/preferences";
import { announce, say } from "./lib/words";
import { Countdown } from "./islands/countdown";
import { Live } from "./islands/live";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

// No eval and no inline style: the content security policy stays at 'self'.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // pages hold personal data: none is kept in localStorage
htmx.config.scrollBehavior = "auto";
// A refused form (422) or a stale page (409) answers with what the person must read.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "409|422", swap: true, error: false },
  { code: "[45]..", swap: false, error: true },
];
window.htmx = htmx;

document.addEventListener("htmx:configRequest", (event) => {
  const detail = (event as CustomEvent<{ headers: Record<string, string>; verb: string }>).detail;
  const csrf = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  if (csrf && detail.verb !== "get") detail.headers["X-CSRFToken"] = csrf;
});
function offline(shown: boolean): void {
  document.getElementById("offline")?.toggleAttribute("hidden", !shown);
}
document.addEventListener("htmx:sendError", () => {
  offline(true);
  announce(say(["没有连上服务器，请检查网络后再试。", "The server could not be reached. Check the network and try again."]));
});
document.addEventListener("htmx:afterOnLoad", () => offline(false));
document.addEventListener("htmx:responseError", (event) => {
  const status = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.status;
  announce(say(["这一步没有成功（{0}），请刷新页面再试。", "This did not work ({0}). Reload the page and try again."], status));
});

define("gb-countdown", Countdown);
define("gb-live", Live);

function wire(): void {
  wirePreferences();
  wirePopovers();
  wireDialogs();
  wireOffline();
  wireSide();
  wirePrint();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", wire);
else wire();
