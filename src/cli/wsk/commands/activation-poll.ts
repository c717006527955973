/** `wsk activation poll` (wsk-cli 6). */
import { ClientFailure } from "../../../client/failures.ts";
import type { Activation } from "../../../client/records.ts";
import { type Context, checkArgs, printJson } from "../context.ts";
import type { FlagSet } from "../flag-set.ts";
import { EXIT, WskError } from "../wsk-error.ts";

const INTERVAL_MS = 2000;

/** Prints the logs of new activations until --exit seconds have passed or it is stopped. */
export async function pollActivations(context: Context): Promise<void> {
  const { args, io } = context;
  checkArgs(args, 0, 1, "An optional namespace is the only valid argument.");
  const stopping = new AbortController();
  const stopListening = io.onStop(() => stopping.abort());
  io.out("Enter Ctrl-c to exit.\n");
  try {
    await untilStopped(poll(context, args[0] ?? "", stopping.signal), stopping.signal);
  } finally {
    stopListening();
  }
  if (!stopping.signal.aborted) return;
  io.out("Poll terminated\n");
  throw new WskError("", EXIT.general, { display: "silent" });
}

/** Does not wait for a request that is under way when the poll is stopped. */
async function untilStopped(polling: Promise<void>, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => stopped.resolve());
  await Promise.race([polling, stopped.promise]);
}

async function poll(context: Context, name: string, signal: AbortSignal): Promise<void> {
  const { flags, io } = context;
  let since = await firstSince(context);
  io.out("Polling for activation logs\n");
  const started = io.now();
  const most = flags.integer("exit");
  const reported = new Set<string>();
  while (!signal.aborted) {
    const elapsed = Math.floor((io.now() - started) / 1000);
    if (most > 0 && elapsed > most) return;
    for (const activation of await newActivations(context, name, since)) {
      if (signal.aborted) return;
      if (reported.has(activation.activationId)) continue;
      reported.add(activation.activationId);
      io.out(`\nActivation: '${activation.name}' (${activation.activationId})\n`);
      printJson(context, activation.logs);
      if (activation.start > since) since = activation.start + 1;
    }
    await io.wait(INTERVAL_MS, signal);
  }
}

async function newActivations(
  context: Context,
  name: string,
  since: number,
): Promise<readonly Activation[]> {
  const filter = { limit: 0, skip: 0, docs: true, name: name || undefined };
  return (await listOrNothing(context, { ...filter, since: since || undefined })) ?? [];
}

/** Where to start: now minus what the flags say, else just after the newest activation. */
async function firstSince(context: Context): Promise<number> {
  const { flags, io } = context;
  const now = Math.floor(io.now() / 1000) * 1000;
  const back = secondsBack(flags);
  if (back !== 0) return now - back * 1000;
  const newest = await listOrNothing(context, { limit: 1, skip: 0, docs: true });
  if (newest === undefined) return now;
  return newest[0] === undefined ? 0 : newest[0].start + 1;
}

function secondsBack(flags: FlagSet): number {
  const hours = flags.integer("since-days") * 24 + flags.integer("since-hours");
  return (hours * 60 + flags.integer("since-minutes")) * 60 + flags.integer("since-seconds");
}

/** Undefined when the platform cannot be asked just now: the next round asks again. */
async function listOrNothing(
  context: Context,
  filter: Parameters<ReturnType<Context["client"]>["activations"]>[0],
): Promise<readonly Activation[] | undefined> {
  try {
    return await context.client().activations(filter);
  } catch (cause) {
    if (cause instanceof ClientFailure) return undefined;
    throw cause;
  }
}
