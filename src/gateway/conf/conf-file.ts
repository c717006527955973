/** Finds, reads and, where a key must be made, writes `conf/config.yaml`. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Json } from "../../core/documents.ts";
import { checkAdminKeys, settleAdminKeys } from "./admin-key.ts";
import { type GatewayConf, readConf } from "./conf.ts";
import { fillVariables, readYaml } from "./yaml-file.ts";

export type ConfPlace = {
  /** Working directory, where documents of the original look for it. */
  readonly folder: string;
  readonly dataFolder: string;
  /** Instead of both. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether others than this machine can reach the Admin API. */
  readonly isExposed: boolean;
};

export type ConfFile = {
  readonly path: string;
  readonly conf: GatewayConf;
  /** True when a key was written into the file. */
  readonly hasNewKey: boolean;
};

const NAME = join("conf", "config.yaml");
const NEW_FILE = "# Settings of the gateway, in the shape of Apache APISIX.\n";

/** Rejects with one line for the operator. */
export async function loadConf(place: ConfPlace): Promise<ConfFile> {
  const path = pathOf(place);
  const isNew = !existsSync(path);
  const text = isNew ? NEW_FILE : await readFile(path, "utf8");
  const document = readYaml(text, path);
  try {
    const renewed = settleAdminKeys(document, text, place.isExposed);
    const hasNewKey = renewed !== undefined;
    if (hasNewKey) await replace(path, renewed);
    const conf = readConf(fillVariables((document.toJS() ?? {}) as Json, place.env));
    checkAdminKeys(conf.adminKeys, place.isExposed);
    return { path, conf, hasNewKey };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} cannot be used: ${reason}`, { cause });
  }
}

/** The list of enabled plugins, read again; undefined: all. */
export async function readPluginNames(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[] | undefined> {
  const document = readYaml(await readFile(path, "utf8"), path);
  return readConf(fillVariables((document.toJS() ?? {}) as Json, env)).plugins;
}

function pathOf({ folder, dataFolder, file }: ConfPlace): string {
  if (file !== undefined) return file;
  const here = join(folder, NAME);
  return existsSync(here) ? here : join(dataFolder, NAME);
}

/** As a whole or not at all: a half written file would lose the key. */
async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}
