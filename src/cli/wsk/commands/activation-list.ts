/** `wsk activation list` (wsk-cli 6). */
import { display } from "../../../client/failures.ts";
import { type Activation, findValue } from "../../../client/records.ts";
import { type Context, checkArgs, printJson } from "../context.ts";
import { formatDuration, formatLocalTime } from "../go-text.ts";
import { parseQualifiedName } from "../qualified-name.ts";
import { activationView } from "../views.ts";
import { wrapError } from "../wsk-error.ts";

export async function listActivations(context: Context): Promise<void> {
  const { args, flags, io, paint } = context;
  checkArgs(args, 0, 1, "An optional namespace is the only valid argument.");
  const name = args[0] === undefined ? "" : parseQualifiedName(args[0]).entityName;
  const docs = flags.switchedOn("full");
  const activations = await fetchPage(context, name, docs);
  if (docs) {
    io.out(`${paint.bold("activations")}\n`);
    for (const activation of activations) printJson(context, activationView(activation));
    return;
  }
  const [header = "", ...rows] = activationTable(activations);
  io.out(activations.length === 0 ? `${paint.bold("")}\n` : paint.bold(`${header}\n`));
  io.out(rows.map((row) => `${row}\n`).join(""));
}

async function fetchPage(
  context: Context,
  name: string,
  docs: boolean,
): Promise<readonly Activation[]> {
  const { flags } = context;
  try {
    return await context.client().activations({
      name: name === "" ? undefined : name,
      limit: flags.integer("limit"),
      skip: flags.integer("skip"),
      since: flags.integer("since") || undefined,
      upto: flags.integer("upto") || undefined,
      docs: docs || undefined,
    });
  } catch (cause) {
    const complaint = "Unable to obtain the list of activations for namespace 'default': ";
    throw wrapError((inner) => complaint + inner, cause);
  }
}

const STATUSES = ["success", "application error", "developer error", "internal error"];
const ID_WIDTH = 32;

/** Header and one line per activation; the columns of kind and status are as wide as needed. */
export function activationTable(activations: readonly Activation[]): readonly string[] {
  const kinds = activations.map(kindOf);
  const statuses = activations.map(statusOf);
  const kindWidth = Math.max("Kind".length, ...kinds.map(({ length }) => length));
  const statusWidth = Math.max("success".length, ...statuses.map(({ length }) => length));
  const header = [
    "Datetime".padEnd(19),
    "Activation ID".padEnd(ID_WIDTH),
    "Kind".padEnd(kindWidth),
    "Start ",
  ].join(" ");
  const rest = ["Duration".padEnd(10), "Status".padEnd(statusWidth), "Entity"].join(" ");
  const rows = activations.map((activation, index) =>
    [
      formatLocalTime(activation.start),
      activation.activationId.padEnd(ID_WIDTH),
      (kinds[index] ?? "").padEnd(kindWidth),
      (findValue(activation.annotations, "initTime") ?? null) === null ? "warm " : "cold ",
      formatDuration(durationOf(activation)).padEnd(10),
      (statuses[index] ?? "").padEnd(statusWidth),
      entityOf(activation),
    ].join(" "),
  );
  return [header + rest, ...rows];
}

function kindOf({ annotations }: Activation): string {
  const kind = findValue(annotations, "kind") ?? null;
  return kind === null ? "unknown" : display(kind);
}

function statusOf({ statusCode }: Activation): string {
  return STATUSES[statusCode] ?? "success";
}

/** Without the member `duration` nothing has run: end may be 0 then. */
function durationOf({ start, end, duration }: Activation): number {
  return duration === 0 ? 0 : end - start;
}

function entityOf({ namespace, name, version }: Activation): string {
  return `${shorten(namespace, 20)}/${shorten(name, 30)}:${shorten(version, 20)}`;
}

/** Keeps the first half and, after dots, as much of the end as leaves `most` bytes. */
function shorten(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const tail = bytes.length - Math.floor(most / 2) + "...".length;
  return `${bytes.subarray(0, Math.ceil(most / 2))}...${bytes.subarray(tail)}`;
}
