/**
 * What lies below /cli: the folders of the original's edge
 * (apache/openwhisk-cli:build.gradle, apache/openwhisk:ansible/roles/cli), as data.
 */

/** How a file comes about. */
export type Download = {
  /** Below /cli/, e.g. "linux/amd64/wsk". */
  readonly path: string;
  readonly content: "executable" | "script";
  readonly pack: "none" | "tgz" | "zip";
};

/** What a path below /cli means. */
export type Place =
  | { readonly type: "folder"; readonly path: string; readonly names: readonly string[] }
  | { readonly type: "file"; readonly download: Download }
  | { readonly type: "index" }
  | { readonly type: "missing" };

const ARCHIVE = "OpenWhisk_CLI-latest";
export const INDEX = "content.json";

/**
 * `machine`: the operating system and processor that the executable is for, in Go's names; it is
 * only there on Linux, since it is made of the Node.js that runs the server.
 */
export function downloadsFor(machine: {
  readonly system: string;
  readonly processor: string;
}): readonly Download[] {
  const { system, processor } = machine;
  const folder = `linux/${processor}`;
  const executables: readonly Download[] =
    system === "linux"
      ? [
          { path: `${folder}/wsk`, content: "executable", pack: "none" },
          {
            path: `${folder}/${ARCHIVE}-linux-${processor}.tgz`,
            content: "executable",
            pack: "tgz",
          },
        ]
      : [];
  const scripts = ["amd64", "arm64"].flatMap((arch): Download[] => [
    { path: `mac/${arch}/wsk`, content: "script", pack: "none" },
    { path: `mac/${arch}/${ARCHIVE}-mac-${arch}.zip`, content: "script", pack: "zip" },
  ]);
  return [...executables, ...scripts];
}

/** `path`: what follows "/cli/", without a slash at its end ("" is the folder itself). */
export function placeOf(downloads: readonly Download[], path: string): Place {
  if (path === INDEX) return { type: "index" };
  const download = downloads.find((candidate) => candidate.path === path);
  if (download !== undefined) return { type: "file", download };
  const prefix = path === "" ? "" : `${path}/`;
  const below = downloads
    .filter((candidate) => candidate.path.startsWith(prefix))
    .map((candidate) => candidate.path.slice(prefix.length).replace(/\/.*/, "/"));
  if (below.length === 0) return { type: "missing" };
  const names = [...new Set(below)].sort();
  return { type: "folder", path, names: path === "" ? [...names, INDEX] : names };
}

/** content.json: the archive of each system and processor; `default` is that of amd64. */
export function downloadIndex(downloads: readonly Download[]): object {
  const cli: Record<string, Record<string, { readonly path: string }>> = {};
  for (const { path, pack } of downloads) {
    if (pack === "none") continue;
    const [system = "", processor = ""] = path.split("/");
    const entry = { path };
    cli[system] ??= {};
    const systems = cli[system];
    systems[processor] = entry;
    if (processor === "amd64" || systems["default"] === undefined) systems["default"] = entry;
  }
  return { cli };
}

/** The page of a folder, with the links of nginx's own (autoindex). */
export function folderPage(path: string, names: readonly string[]): string {
  const title = `Index of /cli/${path === "" ? "" : `${path}/`}`;
  const links = ["../", ...names].map((name) => `<a href="${name}">${name}</a>\r\n`);
  return (
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n` +
    `<h1>${title}</h1><hr><pre>${links.join("")}</pre><hr></body>\r\n</html>\r\n`
  );
}
