// A map that works without tiles: a metric grid, and tiles only where the installation names a server for them.

/* global L */
const NICE_M = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
const GRID_PX = 90;
const TOKYO_BAY = [35.63, 139.79];

export const COLOURS = { line: "#0017c1", fence: "#1a1a1a", trail: "#0017c1", faint: "#999999", white: "#ffffff", search: "#ce0000" };

/** Make the map in `element`; `data` holds tiles, credit, the metres of a degree and the texts of the page. */
export function makeMap(element, data, options = {}) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still,
    attributionControl: Boolean(data.tiles), zoomControl: false, ...options,
  });
  // Circles know their bounds only on a map that has a view.
  map.setView(somewhere(data), 15);
  L.control.zoom({ zoomInTitle: data.texts.zoom_in, zoomOutTitle: data.texts.zoom_out }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  if (data.tiles) {
    map.attributionControl.setPrefix(false);
    L.tileLayer(data.tiles, { maxZoom: 18, attribution: escapeText(data.credit) }).addTo(map);
  } else {
    drawGrid(map, data.metres_per_degree);
  }
  return map;
}

function somewhere(data) {
  const fence = data.geofences[0];
  const corner = fence?.kind === "circle" ? [fence.lat, fence.lon] : fence?.corners[0];
  const fix = data.fixes.at(-1);
  return corner ?? (fix && [fix.lat, fix.lon]) ?? (data.home && [data.home.lat, data.home.lon]) ?? TOKYO_BAY;
}

function drawGrid(map, metresPerDegree) {
  const grid = L.layerGroup().addTo(map);
  const draw = () => {
    grid.clearLayers();
    const bounds = map.getBounds().pad(0.3);
    const middle = map.getCenter();
    const metresPerPixel = (360 * metresPerDegree * Math.cos((middle.lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 8);
    const step = NICE_M.find((metres) => metres / metresPerPixel >= GRID_PX) ?? NICE_M.at(-1);
    const style = { color: COLOURS.faint, weight: 1, opacity: 0.45, interactive: false };
    const stepLat = step / metresPerDegree;
    const stepLon = step / (metresPerDegree * Math.cos((middle.lat * Math.PI) / 180));
    for (let lat = Math.ceil(bounds.getSouth() / stepLat) * stepLat; lat < bounds.getNorth(); lat += stepLat) {
      grid.addLayer(L.polyline([[lat, bounds.getWest()], [lat, bounds.getEast()]], style));
    }
    for (let lon = Math.ceil(bounds.getWest() / stepLon) * stepLon; lon < bounds.getEast(); lon += stepLon) {
      grid.addLayer(L.polyline([[bounds.getSouth(), lon], [bounds.getNorth(), lon]], style));
    }
  };
  map.on("moveend", draw);
  map.whenReady(draw);
}

/** A text on the map. */
export function label(point, text, offset = [10, -10]) {
  return L.marker(point, {
    interactive: false, keyboard: false,
    icon: L.divIcon({ className: "map-label", html: escapeText(text), iconAnchor: [-offset[0], -offset[1]] }),
  });
}

/** The home: a house, never a pin that could be taken for a person. */
export function homeMark(home) {
  return L.marker([home.lat, home.lon], {
    interactive: false, keyboard: false,
    icon: L.divIcon({
      className: "map-home", iconSize: [28, 28], iconAnchor: [14, 20],
      html: '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 3 2 12h3v9h14v-9h3z" fill="#fff" stroke="#1a1a1a" stroke-width="1.75" stroke-linejoin="round"/></svg>',
    }),
  });
}

/** The shape of a geofence. */
export function fenceShape(fence, style = {}) {
  const look = { color: COLOURS.fence, weight: 2, dashArray: "8 5", fillColor: COLOURS.line, fillOpacity: 0.06, interactive: false, ...style };
  return fence.kind === "circle"
    ? L.circle([fence.lat, fence.lon], { radius: fence.radius_m, ...look })
    : L.polygon(fence.corners, look);
}

export function escapeText(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}
