// Keeps the screen of a duty board lit, and says whether the browser does so.

let lock = null;
let isWanted = false;

async function ask(show) {
  if (!isWanted || lock || document.hidden) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    // Browsers take it back when the page is hidden; then it is asked for anew.
    lock.addEventListener("release", () => {
      lock = null;
      if (isWanted) show(false);
    });
    if (!isWanted) await lock.release();
    else show(true);
  } catch {
    // No such thing in this browser or on this address, or a battery that is nearly empty.
    show(false);
  }
}

/** Give a function that turns it on or off; `show` gets whether the screen stays lit, each time that changes. */
export function wakeLock(show) {
  document.addEventListener("visibilitychange", () => ask(show));
  return (wanted) => {
    if (wanted === isWanted) return;
    isWanted = wanted;
    if (wanted) ask(show);
    else lock?.release();
  };
}
