// Drawing a geofence with a pointer, with arrow keys or with numbers: the form is the truth, the map shows it.

/* global L */
import { fenceShape, homeMark, label, makeMap } from "./ground.js";

const STEP_M = 10;
const BIG_STEP_M = 100;

const data = JSON.parse(document.getElementById("map-data").textContent);
const element = document.getElementById("map");
const form = document.getElementById("zone-form");
// The arrow keys move the centre here, so the map's own keys are off.
const map = makeMap(element, data, { keyboard: false });
const draft = L.featureGroup().addTo(map);
const fixed = L.featureGroup().addTo(map);
const history = [];

const field = (name) => form.elements.namedItem(name);
const kind = () => form.querySelector('[name="kind"]:checked').value;
const number = (name) => Number.parseFloat(field(name).value);

if (data.home) fixed.addLayer(homeMark(data.home));
for (const fence of data.geofences) {
  fixed.addLayer(fenceShape(fence, { fillOpacity: 0.02, weight: 1.5 }));
  fixed.addLayer(label(fence.kind === "circle" ? [fence.lat, fence.lon] : fence.corners[0], fence.name, [8, 12]));
}

function corners() {
  return field("corners").value.split("\n").map((line) => line.split(",").map((part) => Number.parseFloat(part)))
    .filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
}

function draw() {
  draft.clearLayers();
  const isCircle = kind() === "circle";
  document.getElementById("circle-fields").hidden = !isCircle;
  document.getElementById("polygon-fields").hidden = isCircle;
  if (isCircle) {
    const [lat, lon, radius] = [number("lat"), number("lon"), number("radius_m")];
    if (![lat, lon].every(Number.isFinite)) return;
    draft.addLayer(L.circleMarker([lat, lon], { radius: 5, color: "#0017c1", fillOpacity: 1, interactive: false }));
    if (radius > 0) draft.addLayer(fenceShape({ kind: "circle", lat, lon, radius_m: radius }, { dashArray: null, color: "#0017c1", fillOpacity: 0.12 }));
  } else {
    const points = corners();
    if (points.length) draft.addLayer(fenceShape({ kind: "polygon", corners: points }, { dashArray: null, color: "#0017c1", fillOpacity: 0.12 }));
    points.forEach((point, place) => draft.addLayer(label(point, String(place + 1), [4, 4])));
  }
}

function remember() {
  history.push({ lat: field("lat").value, lon: field("lon").value, radius_m: field("radius_m").value, corners: field("corners").value });
  document.getElementById("zone-undo").disabled = false;
}

function setCentre(lat, lon) {
  remember();
  field("lat").value = lat.toFixed(6);
  field("lon").value = lon.toFixed(6);
  draw();
}

function move(north, east) {
  const lat = number("lat");
  const lon = number("lon");
  if (kind() !== "circle" || !Number.isFinite(lat) || !Number.isFinite(lon)) return;
  const metres = data.metres_per_degree;
  setCentre(lat + north / metres, lon + east / (metres * Math.cos((lat * Math.PI) / 180)));
  const centre = document.getElementById("zone-centre");
  centre.textContent = `${field("lat").value}, ${field("lon").value}`;
}

map.on("click", ({ latlng }) => {
  if (kind() === "circle") return setCentre(latlng.lat, latlng.lng);
  remember();
  const line = `${latlng.lat.toFixed(6)}, ${latlng.lng.toFixed(6)}`;
  field("corners").value = [field("corners").value.trim(), line].filter(Boolean).join("\n");
  draw();
});
element.addEventListener("keydown", (event) => {
  const step = event.shiftKey ? BIG_STEP_M : STEP_M;
  const way = { ArrowUp: [step, 0], ArrowDown: [-step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] }[event.key];
  if (!way || kind() !== "circle") return;
  event.preventDefault();
  move(...way);
});
for (const button of document.querySelectorAll("[data-move]")) {
  const way = button.dataset.move.split(",").map(Number);
  button.addEventListener("click", () => move(...way));
}
document.getElementById("zone-undo").addEventListener("click", (event) => {
  const before = history.pop();
  for (const [name, value] of Object.entries(before ?? {})) field(name).value = value;
  event.target.disabled = history.length === 0;
  draw();
});
form.addEventListener("input", draw);
form.addEventListener("change", draw);
document.getElementById("zone-tools").hidden = false;

draw();
const shown = L.featureGroup([...fixed.getLayers(), ...draft.getLayers()]);
if (shown.getLayers().length) map.fitBounds(shown.getBounds().pad(0.25), { maxZoom: 17 });
draw();
