/**
 * Code of an action as the command line names it: a file, a process substitution, "-" (wsk-cli
 * 4.1).
 */
import type { Io } from "./io.ts";
import { readWhole } from "./read-file.ts";
import { EXIT, usageError } from "./wsk-error.ts";

export type CodeExec = {
  readonly kind: string;
  readonly code: string;
  readonly main: string | undefined;
};

const KINDS: Readonly<Record<string, string>> = {
  ".swift": "swift",
  ".js": "nodejs",
  ".py": "python",
  ".jar": "java",
  ".php": "php",
  ".rb": "ruby",
  ".rs": "rust",
  ".go": "go",
  ".balx": "ballerina",
};

const BINARY_EXTENSIONS = new Set([".zip", ".jar", ".balx"]);
const ARCHIVE_STARTS = [Buffer.from("PK\u0003\u0004", "latin1"), Buffer.from([0x1f, 0x8b])];

/** Where the code comes from: standard input. */
const STDIN = "-";

/** Reads the code and decides its kind. Throws usage errors for what is missing or unknown. */
export async function readCode(
  artifact: string,
  asked: { readonly kind: string; readonly main: string },
  io: Io,
): Promise<CodeExec> {
  const extension = extensionOf(artifact);
  const bytes = artifact === STDIN ? await io.stdin() : await readWhole(artifact);
  const kind = asked.kind === "" ? kindOf(extension) : asked.kind;
  if (kind === "java" && asked.main === "") {
    throw usageError(
      "Java actions require --main to specify the fully-qualified name of the main class",
      EXIT.usage,
    );
  }
  const isBinary = BINARY_EXTENSIONS.has(extension) || isArchive(bytes);
  return {
    kind,
    code: bytes.toString(isBinary ? "base64" : "utf8"),
    main: asked.main === "" ? undefined : asked.main,
  };
}

/** From the last dot of the last part of the path, a leading dot included. */
function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot);
}

function kindOf(extension: string): string {
  const family = KINDS[extension];
  if (family !== undefined) return `${family}:default`;
  if (extension === ".zip") {
    throw usageError(
      "creating an action from a .zip artifact requires specifying the action kind explicitly",
      EXIT.usage,
    );
  }
  throw usageError(`'${extension}' is not a supported action runtime`, EXIT.usage);
}

/**
 * Zip and gzip content is sent as base64 whatever its name: a process substitution and standard
 * input have none. (The original goes by the extension alone and sends a broken text.)
 */
function isArchive(bytes: Buffer): boolean {
  return ARCHIVE_STARTS.some((start) => bytes.subarray(0, start.length).equals(start));
}

const TEXT_EXTENSIONS: Readonly<Record<string, string>> = {
  nodejs: ".js",
  python: ".py",
  swift: ".swift",
  php: ".php",
  ruby: ".rb",
  rust: ".rs",
  go: ".go",
};

const SAVED_BINARIES: Readonly<Record<string, string>> = { java: ".jar", ballerina: ".balx" };

/** Extension of the file that `--save` writes, by kind. */
export function savedExtension(kind: string, isBinary: boolean): string {
  const family = familyOf(kind);
  return isBinary ? (SAVED_BINARIES[family] ?? ".zip") : (TEXT_EXTENSIONS[family] ?? "");
}

export function familyOf(kind: string): string {
  return (kind.split(":")[0] ?? "").toLowerCase();
}
