// Prints what each device model that Zigbee2MQTT knows exposes: one JSON object a line, with what its published state holds.

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const main = require.resolve("zigbee-herdsman-converters");
const devices = main.replace(/index\.js$/, "devices/");
const { prepareDefinition } = require(main);

const PUBLISHED = 1;

// A switch, a light, a lock and the like are groups of values that stand beside all others; a composite is an object of its own.
function published(exposes) {
    return exposes.flatMap((expose) => {
        if (expose.features && !expose.property) {
            return published(expose.features).map((feature) => ({ ...feature, of: expose.type }));
        }
        if (expose.features) {
            const features = published(expose.features);
            return features.length ? [{ type: expose.type, name: expose.name, property: expose.property, features }] : [];
        }
        const { type, name, property, endpoint, access, unit, category, description } = expose;
        const values = expose.values ?? (type === "binary" ? [expose.value_on, expose.value_off] : undefined);
        return access & PUBLISHED ? [{ type, name, property, endpoint, access, unit, category, description, values }] : [];
    });
}

for (const file of readdirSync(devices).filter((name) => name.endsWith(".js"))) {
    for (const raw of require(devices + file).definitions ?? []) {
        const { vendor, model, description, exposes } = prepareDefinition(raw);
        // Some models expose what the very device has; without a device the package gives all of it, as for its own documentation.
        const all = typeof exposes === "function" ? exposes({ isDummyDevice: true }, {}) : exposes;
        console.log(JSON.stringify({ vendor, model, description, exposes: published(all) }));
    }
}
