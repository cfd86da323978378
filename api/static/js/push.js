// The page of notifications: lets this browser notify its user of emergencies while no page is open.

import "./page.js";

const state = document.getElementById("push-state");
const form = document.getElementById("push-form");

function key(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function show(name) {
  state.textContent = state.dataset[name];
  form.hidden = name === "on" || name === "unable";
}

async function registration() {
  await navigator.serviceWorker.register("/push-worker.js");
  return navigator.serviceWorker.ready;
}

async function look() {
  // No worker on an address that is neither https nor this machine, and none in some private windows.
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return void show("unable");
  const present = await (await registration()).pushManager.getSubscription();
  const own = present && document.querySelector(`[data-endpoint="${CSS.escape(present.endpoint)}"]`);
  if (own) own.querySelector(".push-this").hidden = false;
  show(Notification.permission === "denied" ? "denied" : own ? "on" : "off");
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return void show("denied");
  try {
    const { pushManager } = await registration();
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key(form.dataset.key) });
    const { endpoint, keys } = made.toJSON();
    form.elements.endpoint.value = endpoint;
    form.elements.p256dh.value = keys.p256dh;
    form.elements.auth.value = keys.auth;
    form.requestSubmit();
  } catch {
    show("failed");
  }
}

if (form) {
  document.getElementById("push-on").addEventListener("click", switchOn);
  look().catch(() => show("unable"));
}
