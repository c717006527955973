const PAUSE_MS = 100;

/** Counts a little later: a promise is what an asynchronous action gives back. */
function main({ payload }) {
  return new Promise((resolve) => {
    setTimeout(() => {
      const count = payload.split(" ").length;
      console.log(`The message '${payload}' has`, count, "words");
      resolve({ count });
    }, PAUSE_MS);
  });
}
