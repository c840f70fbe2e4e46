// Where the phone is: read when it is asked for, used for this page, kept nowhere.
const options = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 };

const sort = document.querySelector("[data-here]");
if (sort && "geolocation" in navigator) {
  sort.addEventListener("click", () => {
    sort.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const url = new URL(location.href);
        url.searchParams.set("lon", coords.longitude.toFixed(5));
        url.searchParams.set("lat", coords.latitude.toFixed(5));
        location.replace(url);
      },
      () => {
        sort.disabled = false;
        const region = document.getElementById("announcer");
        if (region) region.textContent = sort.dataset.words;
        sort.insertAdjacentText("afterend", sort.dataset.words);
      },
      options,
    );
  });
} else sort?.remove();

const form = document.querySelector("form[data-place]");
const button = form?.querySelector("[data-locate-me]");
if (button && "geolocation" in navigator) {
  const words = form.querySelector("[data-place-words]");
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      async ({ coords }) => {
        button.disabled = false;
        form.elements.lon.value = coords.longitude.toFixed(6);
        form.elements.lat.value = coords.latitude.toFixed(6);
        const url = new URL(words.dataset.locate, location.href);
        url.searchParams.set("lon", form.elements.lon.value);
        url.searchParams.set("lat", form.elements.lat.value);
        try {
          const found = await (await fetch(url)).json();
          words.textContent = found.words;
          if (!found.inside) form.elements.lon.value = form.elements.lat.value = "";
        } catch {
          words.textContent = `${form.elements.lat.value}, ${form.elements.lon.value}`;
        }
      },
      () => {
        button.disabled = false;
        words.textContent = words.dataset.trouble;
      },
      options,
    );
  });
} else button?.remove();
