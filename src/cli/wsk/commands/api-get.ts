/** `wsk api get` (wsk-cli 11). */
import type { Encodable } from "../../../client/json.ts";
import { apiAccess, callingApi } from "../api-access.ts";
import { type Context, checkArgs, printable, printJson } from "../context.ts";
import { apiView, swaggerView } from "../swagger-view.ts";
import { EXIT, WskError } from "../wsk-error.ts";

export async function getApi(context: Context): Promise<void> {
  const { args, flags, io } = context;
  checkArgs(args, 1, 1, "An API base path or API name is required.");
  const [basepath = ""] = args;
  const format = formatOf(flags.text("format"));
  const access = await apiAccess(context);
  const [api] = await callingApi(`Unable to get API '${basepath}': `, () =>
    context.client().apis.find(access, { basepath }),
  );
  const isFull = flags.switchedOn("full");
  if (api === undefined || (!isFull && api.apidoc === undefined)) {
    throw new WskError(`API does not exist for basepath ${basepath}`, EXIT.general);
  }
  const shown = isFull ? apiView(api) : swaggerView(api.apidoc ?? {});
  if (format === "json") return printJson(context, shown);
  // The text ends with its own line break already.
  io.out(`${await yamlOf(shown)}\n`);
}

function formatOf(given: string): "json" | "yaml" {
  const format = given.toLowerCase();
  if (format === "json" || format === "yaml") return format;
  throw new WskError(`Invalid format type: ${given}`, EXIT.general);
}

async function yamlOf(value: Encodable): Promise<string> {
  const { formatYaml } = await import("../yaml.ts");
  return formatYaml(JSON.parse(printable(value)));
}
