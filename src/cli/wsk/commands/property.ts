/** `wsk property set|unset|get` (wsk-cli 2.1). */
import { baseUrl } from "../../../client/address.ts";
import { clientVersion } from "../client-version.ts";
import { type Context, printOk } from "../context.ts";
import { DEFAULT_API_VERSION, readPropertyFile, writePropertyFile } from "../properties.ts";
import { EXIT, usageError, WskError, wrapError } from "../wsk-error.ts";

/** Empty values change nothing and say nothing. */
export async function setProperties(context: Context): Promise<void> {
  const { flags, paint, propertyFile } = context;
  const host = flags.text("apihost");
  if (host !== "") checkHost(host);
  const version = flags.text("apiversion");
  const seeNew = (flag: string): string => `Run 'wsk property get --${flag}' to see the new value.`;
  const changes: readonly (readonly [string, string, string])[] = [
    ["CERT", flags.text("cert"), `client cert set. ${seeNew("cert")}`],
    ["KEY", flags.text("key"), `client key set. ${seeNew("key")}`],
    ["AUTH", flags.text("auth"), `whisk auth set. ${seeNew("auth")}`],
    ["APIHOST", host, `whisk API host set to ${paint.bold(host)}`],
    ["APIVERSION", version, `whisk API version set to ${paint.bold(version)}`],
  ];
  const properties = await readPropertyFile(propertyFile);
  const made = changes.filter(([, value]) => value !== "");
  for (const [key, value] of made) properties.set(key, value);
  await save(context, properties, "Unable to set the property value(s): ");
  for (const [, , text] of made) printOk(context, text);
}

function checkHost(host: string): void {
  try {
    baseUrl(host);
  } catch (cause) {
    const text = `Unable to set API host value; the API host value '${host}' is invalid: `;
    throw usageError(text + (cause instanceof Error ? cause.message : String(cause)));
  }
}

export async function unsetProperties(context: Context): Promise<void> {
  const { flags, paint, propertyFile } = context;
  const fallback = paint.bold(DEFAULT_API_VERSION);
  const changes: readonly (readonly [string, string, string])[] = [
    ["CERT", "cert", "client cert unset."],
    ["KEY", "key", "client key unset."],
    ["AUTH", "auth", "whisk auth unset."],
    ["APIHOST", "apihost", "whisk API host unset."],
    [
      "APIVERSION",
      "apiversion",
      `whisk API version unset; the default value of ${fallback} will be used.`,
    ],
  ];
  const properties = await readPropertyFile(propertyFile);
  const made = changes.filter(([, flag]) => flags.switchedOn(flag));
  for (const [key] of made) properties.delete(key);
  await save(context, properties, "Unable to unset the property value: ");
  for (const [, , text] of made) printOk(context, text);
}

async function save(
  context: Context,
  properties: ReadonlyMap<string, string>,
  complaint: string,
): Promise<void> {
  try {
    await writePropertyFile(context.propertyFile, properties);
  } catch (cause) {
    throw wrapError((inner) => complaint + inner, cause);
  }
}

type Line = {
  readonly flag: string;
  readonly label: string;
  /** between label and value */
  readonly gap: "\t" | "\t\t";
  readonly value: (context: Context) => string | Promise<string>;
};

const line = (flag: string, label: string, gap: Line["gap"], value: Line["value"]): Line => ({
  flag,
  label,
  gap,
  value,
});

const HOST = line("apihost", "whisk API host", "\t\t", ({ properties }) => properties.apiHost);
const AUTH = line("auth", "whisk auth", "\t\t", ({ properties }) => properties.auth);
const NAMESPACE = line("namespace", "whisk namespace", "\t\t", firstNamespace);
const CERT = line("cert", "client cert", "\t\t", ({ properties }) => properties.cert);
const KEY = line("key", "Client key", "\t\t", ({ properties }) => properties.key);
const API = line(
  "apiversion",
  "whisk API version",
  "\t",
  ({ properties }) => properties.apiVersion,
);
const CLI = line("cliversion", "whisk CLI version", "\t", clientVersion);

/** The original orders the last two differently when all are shown. */
const ALL_LINES = [HOST, AUTH, NAMESPACE, CERT, KEY, API, CLI];
const PICKED_LINES = [HOST, AUTH, NAMESPACE, CERT, KEY, CLI, API];

export async function getProperties(context: Context): Promise<void> {
  const { flags } = context;
  const format = flags.text("output");
  if (format !== "std" && format !== "raw") {
    throw new WskError("Supported output format are std|raw", EXIT.general);
  }
  const isPicked = (flag: string): boolean => flags.switchedOn(flag);
  const shown = [...PICKED_LINES.map(({ flag }) => flag), "apibuild", "apibuildno"];
  const isAll = isPicked("all") || !shown.some(isPicked);
  if (isAll && format === "raw") {
    const text = "--output|-o raw only supported with specific property type";
    throw new WskError(text, EXIT.general);
  }
  const lines = isAll ? ALL_LINES : PICKED_LINES.filter(({ flag }) => isPicked(flag));
  for (const { label, gap, value } of lines) {
    print(context, label, gap, await value(context));
  }
  if (isAll || isPicked("apibuild") || isPicked("apibuildno")) await printBuild(context, isAll);
}

/** The build of the platform; when it cannot be had, "Unknown" and then the error. */
async function printBuild(context: Context, isAll: boolean): Promise<void> {
  let failure: unknown;
  let info = { build: "Unknown", buildno: "Unknown" };
  try {
    info = await context.client().info();
  } catch (cause) {
    failure = cause;
  }
  const isWanted = (flag: string): boolean => isAll || context.flags.switchedOn(flag);
  if (isWanted("apibuild")) print(context, "whisk API build", "\t\t", info.build);
  if (isWanted("apibuildno")) print(context, "whisk API build number", "\t", info.buildno);
  if (failure !== undefined) {
    throw wrapError((inner) => `Unable to obtain API build information: ${inner}`, failure);
  }
}

function print(context: Context, label: string, gap: string, value: string): void {
  const shown = context.paint.bold(value);
  const isRaw = context.flags.text("output") === "raw";
  context.io.out(isRaw ? `${shown}\n` : `${label}${gap}${shown}\n`);
}

/** The first of the caller's namespaces; "_" when the platform cannot be asked. */
async function firstNamespace(context: Context): Promise<string> {
  try {
    return (await context.client().namespaces())[0] ?? "_";
  } catch {
    return "_"; // The original hides this failure too.
  }
}
