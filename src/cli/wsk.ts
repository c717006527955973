/** Entry of the `wsk` client: the process around `runWsk`. */
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { Io } from "./wsk/io.ts";
import { runWsk } from "./wsk/run.ts";

const { stdout, stderr, stdin, env } = process;
const isDumb = env["TERM"] === "dumb";

const io: Io = {
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  env,
  stdin: () => buffer(stdin),
  isColored: stdout.isTTY === true && !isDumb && (env["NO_COLOR"] ?? "") === "",
  isWatched: stdout.isTTY === true && stderr.isTTY === true && !isDumb,
  now: Date.now,
  wait: async (ms, signal) => {
    // An aborted wait is simply over.
    await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  },
  onStop: (listener) => {
    process.on("SIGINT", listener).on("SIGTERM", listener);
    return () => void process.off("SIGINT", listener).off("SIGTERM", listener);
  },
};

/** What a shell reports for a program that a closed pipe has ended. */
const EXIT_CLOSED_PIPE = 141;

stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads the output may stop early (`wsk list | head -1`).
  if (error.code === "EPIPE") process.exit(EXIT_CLOSED_PIPE);
  stderr.write(`error: Unable to write the output: ${error.message}\n`);
  process.exit(1);
});

// Not awaited at the top level: the one-file form of the client could not load such a module.
void runWsk(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
});
