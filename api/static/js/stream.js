// The live stream, one for all tabs of a browser: over HTTP/1.1 a browser opens six connections to a site, and a seventh
// tab would wait for ever. One tab holds the stream and passes it on to the others; when it goes or sleeps, another takes over.

const EVENTS = ["status", "alert", "resync", "signed_out"];
const RETRY_MS = 5_000;
const QUIET_MS = 15_000;
const LOOK_MS = 3_000;

/** Call `deliver(name, text)` for every event of the stream; `resync` where something may have been missed. */
export function follow(address, name, deliver) {
  if (!("locks" in navigator) || !("BroadcastChannel" in window)) {
    open(address, deliver);
    return;
  }
  const channel = new BroadcastChannel(name);
  let heardAt = performance.now();
  let own = null;
  let isFollower = false;

  const receive = (event, text) => {
    heardAt = performance.now();
    deliver(event, text);
  };
  channel.addEventListener("message", ({ data }) => {
    isFollower = true;
    // The tab with the stream is awake again.
    own?.();
    own = null;
    receive(data.event, data.text);
  });
  navigator.locks.request(name, () => {
    own?.();
    own = null;
    const tellAll = (event, text) => {
      channel.postMessage({ event, text });
      receive(event, text);
    };
    // What happened between the former tab's stream and this one reached no tab.
    open(address, tellAll, isFollower);
    // The lock is ours until the page goes.
    return new Promise(() => {});
  });
  setInterval(() => {
    if (own || performance.now() - heardAt < QUIET_MS) return;
    own = open(address, receive, true);
  }, LOOK_MS);
}

/** Open a stream of this tab's own and return what closes it; where something came before it, `resync` follows as soon as it is open. */
function open(address, deliver, isLate = false) {
  let stream = null;
  let isClosed = false;
  let wasLost = isLate;

  const connect = () => {
    if (isClosed) return;
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      if (wasLost) deliver("resync", "{}");
      wasLost = false;
    });
    for (const event of EVENTS) stream.addEventListener(event, ({ data }) => deliver(event, data));
    stream.addEventListener("error", () => {
      wasLost = true;
      if (stream.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
    });
  };
  const close = () => {
    isClosed = true;
    stream?.close();
  };
  connect();
  window.addEventListener("pagehide", close, { once: true });
  return close;
}
