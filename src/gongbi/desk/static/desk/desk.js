// The desk's own few habits; everything works without them as plain pages.
const english = document.documentElement.lang.toLowerCase().startsWith("en");
const say = (zh, en) => (english ? en : zh);
const wide = matchMedia("(min-width: 1024px)");

/** Folds that fetch what they hold when they are opened for the first time. */
document.addEventListener(
  "toggle",
  (event) => {
    const fold = event.target;
    if (!(fold instanceof HTMLDetailsElement) || !fold.open || !("lazy" in fold.dataset)) return;
    delete fold.dataset.lazy;
    const slot = fold.querySelector("[hx-get]");
    if (slot) window.htmx.trigger(slot, "gb:open");
  },
  true,
);

/** Forms of steps in which something was typed and not sent. */
const touched = new Set();
document.addEventListener("input", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form[data-step]") : null;
  if (form) touched.add(form);
});
document.addEventListener("submit", (event) => touched.delete(event.target));
const unsent = (inside) => [...touched].some((form) => form.isConnected && inside.contains(form));
addEventListener("beforeunload", (event) => {
  if (unsent(document.body)) event.preventDefault();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target, requestConfig } = event.detail;
  if (elt.closest("[data-queue-list]") && !wide.matches) {
    event.preventDefault(); // on a phone a matter has the whole page
    location.assign(elt.href);
    return;
  }
  const opens = requestConfig.verb === "get" && (target.id === "queue-detail" || target.id === "step");
  if (opens && unsent(target)) {
    const go = confirm(say("这里填写的内容还没有提交。要放弃吗？", "What you typed here has not been sent. Leave it?"));
    if (!go) event.preventDefault();
    else touched.clear();
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (event.detail.xhr?.getResponseHeader("HX-Redirect")) touched.delete(form);
});

/** A step that is refused altogether answers 403 with the words for it: they are shown in its place. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if ((xhr.status === 403 || xhr.status === 404) && xhr.responseText.includes('class="notice"')) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

/** The first field of a step that was just opened (of a group of choices the one chosen), or what is wrong in it, gets the focus. */
function toFirstField() {
  const step = document.getElementById("step");
  if (!step?.firstElementChild) return;
  const wrong = step.querySelector("[role=alert]");
  const fields = [...step.querySelectorAll("input:not([type=hidden]), textarea, select, button[type=submit]")];
  const first = fields.find((field) => field.checkVisibility());
  const group = first?.type === "radio" ? fields.filter((field) => field.name === first.name) : [];
  const focus = wrong ?? group.find((field) => field.checked) ?? first ?? step.querySelector("[data-focus]");
  if (focus === wrong && wrong) wrong.tabIndex = -1;
  focus?.focus({ preventScroll: true });
  step.scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target === document.getElementById("step")) toFirstField();
});
toFirstField();

/** Ctrl+Enter sends the step from wherever one is in it: a line of text needs its own Enter. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !(event.target instanceof Element)) return;
  const form = event.target.closest("form[data-step]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit]"));
});

/** On a wide screen the next matter of the queue is open at once. */
function openNext() {
  const next = document.querySelector("[data-queue-list] a[data-open]");
  if (next && wide.matches) next.click();
}
if (document.querySelector("[data-queue-list] a[data-open]")) {
  if (window.htmx) setTimeout(openNext);
  else addEventListener("load", openNext);
}

/** Buttons that fill a field with what the page knows: data-fill="SELECTOR" data-value="…". */
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-fill]") : null;
  if (!button) return;
  const field = document.querySelector(button.dataset.fill);
  if (!field) return;
  field.value = button.dataset.value ?? "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});
