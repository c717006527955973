/** `wsk activation get|logs|result` (wsk-cli 6). */
import { type Activation, toActivation } from "../../../client/records.ts";
import { type Context, checkArgs, printJson, printOk } from "../context.ts";
import { checkField } from "../entity-output.ts";
import { formatZonedTime } from "../go-text.ts";
import { activationFields, activationView, findField } from "../views.ts";
import { complaining, usageError } from "../wsk-error.ts";

const ID_REQUIRED = "An activation ID is required.";

export async function getActivation(context: Context): Promise<void> {
  const { flags, io, paint } = context;
  const args = await withLast(context, "Unable to get activation: ");
  checkArgs(args, 1, 2, ID_REQUIRED);
  const [id = "", field = ""] = args;
  checkField(activationFields(toActivation(undefined)), args[1]);
  const activation = await complaining(`Unable to get activation '${id}': `, () =>
    context.client().activation(id),
  );
  const shown = { ...activation, statusCode: statusCodeOf(activation) };
  if (flags.switchedOn("summary")) {
    io.out(summaryLine(activation));
    return printJson(context, activation.response.result ?? null);
  }
  if (flags.switchedOn("logs")) return printLines(context, activation.logs ?? [], true);
  if (field === "") {
    printOk(context, `got activation ${paint.bold(id)}`);
    return printJson(context, activationView(shown));
  }
  printOk(context, `got activation ${paint.bold(id)}, displaying field ${paint.bold(field)}`);
  printJson(context, findField(activationFields(shown), field));
}

export async function getLogs(context: Context): Promise<void> {
  const args = await withLast(context, "Unable to get logs for activation: ");
  checkArgs(args, 1, 1, ID_REQUIRED);
  const [id = ""] = args;
  const logs = await complaining(`Unable to get logs for activation '${id}': `, () =>
    context.client().activationLogs(id),
  );
  printLines(context, logs, context.flags.switchedOn("strip"));
}

export async function getResult(context: Context): Promise<void> {
  const args = await withLast(context, "Unable to get result for activation: ");
  checkArgs(args, 1, 1, ID_REQUIRED);
  const [id = ""] = args;
  const result = await complaining(`Unable to get result for activation '${id}': `, () =>
    context.client().activationResult(id),
  );
  printJson(context, result ?? null);
}

/** With --last the id of the newest activation goes in front of the other arguments. */
async function withLast(context: Context, complaint: string): Promise<readonly string[]> {
  if (!context.flags.switchedOn("last")) return context.args;
  const newest = await complaining(complaint, () =>
    context.client().activations({ limit: 1, skip: 0 }),
  );
  const id = newest[0]?.activationId;
  if (id === undefined) {
    throw usageError(`${complaint}Activation list does not contain any activations.`);
  }
  return [id, ...context.args];
}

const STATUS_CODES: Readonly<Record<string, number>> = {
  "application error": 1,
  "action developer error": 2,
  "whisk internal error": 3,
};

/** The platform gives the status of one activation as text only. */
function statusCodeOf({ response }: Activation): number {
  return STATUS_CODES[response.status] ?? 0;
}

function summaryLine({ namespace, name, response, end }: Activation): string {
  const at = formatZonedTime(end);
  return `activation result for '/${namespace}/${name}' (${response.status} at ${at})\n`;
}

function printLines({ io }: Context, lines: readonly string[], isStripped: boolean): void {
  io.out(lines.map((line) => `${isStripped ? strip(line) : line}\n`).join(""));
}

const LOG_LINE = /\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d.\d+Z(?: *(?:stdout|stderr):)?\s(.*)/;

/** A log line without its time and stream; any other line as it is. */
export function strip(line: string): string {
  const text = LOG_LINE.exec(line)?.[1];
  return text === undefined || text === "" ? line : text;
}
