/**
 * Host, key and namespace of `wsk project`: each from the flags, else the deployment file, else the
 * manifest, else the property file. The WHISK_* variables mean nothing here (wsk-cli 17).
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { DeployError } from "../../../deploy/deploy-error.ts";
import { parseManifest } from "../../../deploy/manifest.ts";
import { readContent } from "../../../deploy/read-content.ts";
import type { Context } from "../context.ts";

export type Settings = {
  readonly apiHost: string;
  readonly auth: string;
  readonly namespace: string;
  readonly apigwToken: string;
  /** path of the client's certificate */
  readonly cert: string;
  /** path of the client's key */
  readonly key: string;
};

const NONE: Settings = { apiHost: "", auth: "", namespace: "", apigwToken: "", cert: "", key: "" };

/** `files` are deployment file and manifest, strongest first; empty names are passed over. */
export async function readSettings(context: Context, files: readonly string[]): Promise<Settings> {
  const { flags } = context;
  const sources: Settings[] = [
    {
      ...NONE,
      apiHost: flags.text("apihost"),
      auth: flags.text("auth"),
      namespace: flags.text("namespace"),
      cert: flags.text("cert"),
      key: flags.text("key"),
    },
  ];
  for (const file of files) sources.push(await fromProject(file));
  sources.push(await fromPropertyFile(context));
  const pick = (name: keyof Settings): string =>
    sources.map((source) => source[name]).find((value) => value !== "") ?? "";
  const found: Settings = {
    apiHost: pick("apiHost"),
    auth: pick("auth"),
    namespace: pick("namespace") === "" ? "_" : pick("namespace"),
    apigwToken: pick("apigwToken"),
    cert: pick("cert"),
    key: pick("key"),
  };
  checkWhole(found);
  return found;
}

function checkWhole({ auth, apiHost }: Settings): void {
  const missing = [
    ...(auth === "" ? ["The authentication key is not configured."] : []),
    ...(apiHost === "" ? ["The API host is not configured."] : []),
  ];
  if (missing.length === 0) return;
  const lines = missing.map((line) => `\n  >> ${line}`).join("");
  throw new DeployError("ERROR_WHISK_CLIENT_INVALID_CONFIG", lines);
}

async function fromProject(file: string): Promise<Settings> {
  if (file === "") return NONE;
  const { project } = parseManifest((await readContent(file)).toString("utf8"), file);
  const { apiHost, credential, namespace, apigwAccessToken } = project;
  return { ...NONE, apiHost, auth: credential, namespace, apigwToken: apigwAccessToken };
}

/** The first file that can be read. */
async function fromPropertyFile({ flags, io }: Context): Promise<Settings> {
  const home = join(io.env["HOME"] ?? homedir(), ".wskprops");
  for (const file of [flags.text("config"), io.env["WSK_CONFIG_FILE"] ?? "", home]) {
    const text = file === "" ? undefined : await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const pairs = readPairs(text);
    return {
      apiHost: pairs.get("APIHOST") ?? "",
      auth: pairs.get("AUTH") ?? "",
      namespace: pairs.get("NAMESPACE") ?? "",
      apigwToken: pairs.get("APIGW_ACCESS_TOKEN") ?? "",
      cert: pairs.get("CERT") ?? "",
      key: pairs.get("KEY") ?? "",
    };
  }
  return NONE;
}

/** KEY=VALUE lines; blanks around both are cut, "#" is a character like others. */
function readPairs(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").map((line) => line.split("="));
  return new Map(
    lines.flatMap(([key = "", value, ...more]): [string, string][] =>
      value === undefined || more.length > 0 ? [] : [[key.trim(), value.trim()]],
    ),
  );
}
