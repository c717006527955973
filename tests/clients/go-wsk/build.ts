/**
 * The original's command line, built from its public module where there is Go and a module proxy
 * has it; MERINGUE_GO_WSK names one that is there already.
 */
import { chmod, cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../helpers/program.ts";

const MODULE = "github.com/apache/openwhisk-cli";
/** The last commit of its main branch, of September 2024. */
const VERSION = "v0.0.0-20240924142310-23f3cf73b812";
/** Makes the texts of the program a part of it; they are no Go files in the module. */
const BINDATA = "github.com/jteeuwen/go-bindata/go-bindata";

export type GoWsk = { readonly path: string } | { readonly missing: string };

/** Builds in `folder`, which must be empty; says why when it cannot be built. */
export async function buildGoWsk(folder: string): Promise<GoWsk> {
  const { MERINGUE_GO_WSK: own, GOPROXY: proxy, GONOSUMDB: noSum, GOSUMDB: sums } = process.env;
  if (own !== undefined) return { path: own };
  if (!(await hasGo())) return { missing: "there is no Go here" };
  const settings = { GOPROXY: proxy, GONOSUMDB: noSum, GOSUMDB: sums };
  const given = Object.entries(settings).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const env = { ...Object.fromEntries(given), GOFLAGS: "-buildvcs=false -mod=mod" };
  const source = join(folder, "source");
  const go = async (cwd: string, ...args: readonly string[]) => {
    const { code, stdout } = await runProgram("go", args, { cwd, env });
    return code === 0 ? stdout : undefined;
  };
  const download = await go(folder, "mod", "download", "-json", `${MODULE}@${VERSION}`);
  if (download === undefined) return { missing: "its module is not to be had here" };
  await cp((JSON.parse(download) as { Dir: string }).Dir, source, { recursive: true });
  await makeWritable(source);
  const texts = ["-pkg", "wski18n", "-o", "wski18n/i18n_resources.go", "wski18n/resources"];
  const path = join(folder, "wsk");
  const isBuilt =
    (await go(source, "run", BINDATA, ...texts)) !== undefined &&
    (await go(source, "build", "-o", path, ".")) !== undefined;
  return isBuilt ? { path } : { missing: "a module that it needs is not to be had here" };
}

async function hasGo(): Promise<boolean> {
  const { code } = await runProgram("sh", ["-c", "command -v go"]);
  return code === 0;
}

/** Modules are stored read-only, folders too. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeWritable(path);
    else await chmod(path, 0o644);
  }
}
