/** `wsk action create` and `wsk action update` (wsk-cli 4.1). */
import { ClientFailure } from "../../../client/failures.ts";
import type { Encodable } from "../../../client/json.ts";
import { readCode } from "../code-file.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import type { FlagSet } from "../flag-set.ts";
import { refuseLaterOptions } from "../later.ts";
import { mergeObjects, toKeyValues } from "../parameters.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { EXIT, usageError, wrapError } from "../wsk-error.ts";

/** They come with sequences, black boxes and web actions. */
const LATER = ["docker", "native", "copy", "sequence", "web", "web-secure"];
const NO_ARTIFACT = "An action name and code artifact are required.";

export async function createAction(context: Context): Promise<void> {
  checkArgs(context.args, 1, 2, NO_ARTIFACT);
  const { name, record } = await prepare(context, false);
  await put(context, name, record, false);
  printOk(context, `created action ${context.paint.bold(name.entityName)}`);
}

/** Without a code artifact only what is given changes. */
export async function updateAction(context: Context): Promise<void> {
  checkArgs(context.args, 1, 2, "An action name is required. A code artifact is optional.");
  const { name, record } = await prepare(context, true);
  await checkReadable(context, name);
  await put(context, name, record, true);
  printOk(context, `updated action ${context.paint.bold(name.entityName)}`);
}

type Prepared = { readonly name: QualifiedName; readonly record: Encodable };

async function prepare(context: Context, isUpdate: boolean): Promise<Prepared> {
  refuseLaterOptions(context.flags, LATER);
  try {
    return await describe(context, isUpdate);
  } catch (cause) {
    throw wrapError((inner) => `Invalid argument(s). ${inner}`, cause, true);
  }
}

async function describe({ args, flags, cut, io }: Context, isUpdate: boolean): Promise<Prepared> {
  const [given = "", artifact] = args;
  const name = parseQualifiedName(given);
  const parameters = [...cut.params, ...flags.list("param")];
  const annotations = [...cut.annotations, ...flags.list("annotation")];
  const record = {
    namespace: name.namespace,
    name: name.entityName === "" ? undefined : name.entityName,
    parameters: members(parameters, "parameter"),
    annotations: members(annotations, "annotation"),
    limits: limitsOf(flags),
  };
  if (artifact === undefined && !isUpdate) throw usageError(NO_ARTIFACT, EXIT.usage);
  const asked = { kind: flags.text("kind"), main: flags.text("main") };
  const exec = artifact === undefined ? undefined : await readCode(artifact, asked, io);
  const deleted = isUpdate ? flags.list("del-annotation") : [];
  return {
    name,
    record: {
      namespace: record.namespace,
      name: record.name,
      exec,
      annotations: record.annotations,
      delAnnotations: deleted.length === 0 ? undefined : deleted,
      parameters: record.parameters,
      limits: record.limits,
    },
  };
}

function members(texts: readonly string[], noun: "parameter" | "annotation"): Encodable {
  const list = toKeyValues(mergeObjects(texts, noun));
  return list.length === 0 ? undefined : list;
}

/** Only the limits given on the command line are sent. */
function limitsOf(flags: FlagSet): Encodable {
  const limit = (flag: string): number | undefined =>
    flags.isSet(flag) ? flags.integer(flag) : undefined;
  const limits = {
    timeout: limit("timeout"),
    memory: limit("memory"),
    logs: limit("logsize"),
    concurrency: limit("concurrency"),
  };
  return Object.values(limits).some((value) => value !== undefined) ? limits : undefined;
}

const NOT_FOUND = 404;

/** The original reads an action before it updates it; that it is missing is no error. */
async function checkReadable(context: Context, { namespace, entityName }: QualifiedName) {
  try {
    await context.client().action(namespace, entityName, false);
  } catch (cause) {
    if (cause instanceof ClientFailure && cause.status === NOT_FOUND) return;
    const complaint = `Invalid argument(s). Unable to get action '${entityName}': `;
    throw wrapError((inner) => complaint + inner, cause, true);
  }
}

async function put(
  context: Context,
  { namespace, entityName }: QualifiedName,
  record: Encodable,
  overwrite: boolean,
): Promise<void> {
  try {
    await context.client().putAction(namespace, entityName, record, overwrite);
  } catch (cause) {
    // "create" also when it is an update: scripts match on it.
    throw wrapError((inner) => `Unable to create action '${entityName}': ${inner}`, cause, true);
  }
}
