/** What the location of a dependency means. */
import { fileError } from "./deploy-error.ts";

export type Location =
  /** a package of the platform, to be bound */
  | { readonly kind: "binding"; readonly namespace: string; readonly name: string }
  /** a project in a folder, relative to the manifest unless it starts with a slash */
  | { readonly kind: "folder"; readonly path: string }
  /** a project in a repository, perhaps below its top */
  | { readonly kind: "git"; readonly repository: string; readonly folder: string };

/** `[user@]host/…` without a scheme, of a host that everybody takes for a repository. */
const GITHUB = /^[^/]*github[^/]*\//;

/** Throws a DeployError for a location of no known kind. */
export function readLocation(given: string, file: string): Location {
  const location = given.trim();
  if (location.startsWith("/")) return bindingOf(location, file);
  if (/^\.{1,2}(\/|$)/.test(location)) return { kind: "folder", path: location };
  if (GITHUB.test(location)) return repositoryOf(`https://${location}`, file);
  if (/^(https?|file):\/\//.test(location)) return repositoryOf(location, file);
  throw unknown(file, given);
}

function bindingOf(location: string, file: string): Location {
  const [namespace = "", name = "", ...more] = location.slice(1).split("/");
  if (namespace === "" || name === "" || more.length > 0) {
    throw fileError(
      "ERROR_YAML_FILE_FORMAT_ERROR",
      file,
      `A valid qualified name was not detected: ${location}`,
    );
  }
  return { kind: "binding", namespace, name };
}

/**
 * `https://github.com/org/repo/folder` names a folder of the repository; of other addresses what
 * stands behind `.git/` does.
 */
function repositoryOf(location: string, file: string): Location {
  if (!URL.canParse(location)) throw unknown(file, location);
  const url = new URL(location);
  const dotGit = /^(.*?\.git)(?:\/(.*))?$/.exec(url.pathname);
  if (dotGit !== null) return git(url, dotGit[1] ?? "", dotGit[2] ?? "");
  if (!url.hostname.includes("github")) return git(url, url.pathname, "");
  const [organisation = "", repository = "", ...folder] = url.pathname
    .split("/")
    .filter((part) => part !== "");
  if (repository === "") throw unknown(file, location);
  return git(url, `/${organisation}/${repository}`, folder.join("/"));
}

function git(url: URL, path: string, folder: string): Location {
  const repository = new URL(url);
  repository.pathname = path;
  const parts = folder.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  return { kind: "git", repository: repository.href, folder: parts.join("/") };
}

function unknown(file: string, location: string): Error {
  const text =
    `Dependency type is unknown. [${location}] is none of: a package to bind (/namespace/name), ` +
    "a folder (./path), a git repository (https:// or file:// address, github.com/org/repo).";
  return fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
}
