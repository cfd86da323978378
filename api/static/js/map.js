// The map of a resident's page: safe areas, the trail with its age, and the list beside it. Nothing moves by itself.

/* global L */
import { COLOURS, fenceShape, homeMark, label, makeMap } from "./ground.js";

const data = JSON.parse(document.getElementById("map-data").textContent);
const element = document.getElementById("map");
const map = makeMap(element, data);
const all = L.featureGroup().addTo(map);
const trail = L.featureGroup().addTo(map);
const slider = document.getElementById("map-time");
const list = [...document.querySelectorAll("[data-fix]")];

for (const fence of data.geofences) {
  all.addLayer(fenceShape(fence));
  all.addLayer(label(fence.kind === "circle" ? [fence.lat, fence.lon] : fence.corners[0], fence.name, [8, 12]));
}
if (data.home) all.addLayer(homeMark(data.home));

// Where to look first: drawn as lines only, so that the streets stay readable. The sentences above the map say the same.
if (data.search) {
  const centre = [data.search.lat, data.search.lon];
  data.search.circles.forEach((circle, place) => {
    const look = { radius: circle.radius_m, color: COLOURS.search, weight: 3, dashArray: place ? "2 8" : null, fill: false, interactive: false };
    // The view holds the inner circle; the outer one is there for whoever zooms out.
    (place ? map : all).addLayer(L.circle(centre, look));
    map.addLayer(label([data.search.lat + circle.radius_m / data.metres_per_degree, data.search.lon], circle.text, [-30, -4]));
  });
}

function show(index) {
  trail.clearLayers();
  const past = data.fixes.slice(0, index + 1);
  past.forEach((fix, place) => {
    const age = (past.length - 1 - place) / Math.max(1, past.length - 1);
    const opacity = 1 - 0.75 * age;
    if (place > 0) {
      const before = past[place - 1];
      trail.addLayer(L.polyline([[before.lat, before.lon], [fix.lat, fix.lon]], { color: COLOURS.trail, weight: 3, opacity, interactive: false }));
    }
    if (place < past.length - 1) {
      trail.addLayer(L.circleMarker([fix.lat, fix.lon], { radius: 3, color: COLOURS.trail, weight: 1, opacity, fillOpacity: opacity, interactive: false }));
    }
  });
  const fix = past.at(-1);
  if (!fix) return;
  if (fix.accuracy_m) {
    trail.addLayer(L.circle([fix.lat, fix.lon], { radius: fix.accuracy_m, color: COLOURS.line, weight: 1.5, fillOpacity: fix.is_stale ? 0 : 0.12, dashArray: fix.is_stale ? "4 4" : null, interactive: false }));
  }
  // A stale position is hollow and says how old it is: it is not where the person is now.
  trail.addLayer(L.circleMarker([fix.lat, fix.lon], { radius: 8, color: fix.is_stale ? COLOURS.line : COLOURS.white, weight: 3, fillColor: fix.is_stale ? COLOURS.white : COLOURS.line, fillOpacity: 1, interactive: false }));
  trail.addLayer(label([fix.lat, fix.lon], fix.text, [14, -14]));
  list.forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.fix) === index)));
  if (slider) {
    slider.value = String(index);
    slider.setAttribute("aria-valuetext", fix.text);
  }
}

const last = data.fixes.length - 1;
for (const fix of data.fixes) all.addLayer(L.circleMarker([fix.lat, fix.lon], { radius: 1, opacity: 0, fillOpacity: 0, interactive: false }));
if (all.getLayers().length) map.fitBounds(all.getBounds().pad(0.15), { maxZoom: 17 });
show(last);

slider?.addEventListener("input", () => show(Number(slider.value)));
for (const button of list) {
  button.addEventListener("click", () => {
    const index = Number(button.dataset.fix);
    show(index);
    map.panTo([data.fixes[index].lat, data.fixes[index].lon]);
  });
}
for (const [id, step] of [["map-before", -1], ["map-after", 1]]) {
  document.getElementById(id)?.addEventListener("click", () => {
    show(Math.min(last, Math.max(0, Number(slider.value) + step)));
  });
}
document.getElementById("map-tools")?.removeAttribute("hidden");
