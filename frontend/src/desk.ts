import { define } from "./lib/dom";
import { Queue } from "./islands/queue";

define("gb-queue", Queue);

// "Arrived" says where the phone is if its owner lets it; three seconds later at the latest it goes off without.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("form[data-position]")) return;
  if (form.dataset.asked || !("geolocation" in navigator)) return;
  event.preventDefault();
  form.dataset.asked = "yes";
  const go = (at?: GeolocationPosition): void => {
    for (const name of ["lon", "lat"] as const) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement && at) {
        field.value = String(name === "lon" ? at.coords.longitude : at.coords.latitude);
      }
    }
    form.requestSubmit();
  };
  navigator.geolocation.getCurrentPosition(go, () => go(), { timeout: 3000, maximumAge: 60_000 });
});
