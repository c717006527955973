/**
 * The options that are cut out of the command line before its flags are read, wherever they stand
 * and whatever follows them: parameters and annotations (wsk-cli 1.4).
 */
import { formatPair } from "./parameters.ts";
import { readWhole } from "./read-file.ts";
import { usageError, wrapError } from "./wsk-error.ts";

export type Cut = {
  /** what is left of the command line */
  readonly args: readonly string[];
  /** texts of JSON objects, in the order of the command line */
  readonly params: readonly string[];
  readonly annotations: readonly string[];
  readonly feedParams: readonly string[];
  readonly triggerParams: readonly string[];
};

type List = "params" | "annotations" | "feedParams" | "triggerParams";

const PAIRS: ReadonlyMap<string, List> = new Map([
  ["-p", "params"],
  ["--param", "params"],
  ["-a", "annotations"],
  ["--annotation", "annotations"],
  ["-F", "feedParams"],
  ["--feed-param", "feedParams"],
  ["-T", "triggerParams"],
  ["--trigger-param", "triggerParams"],
]);

const FILES: ReadonlyMap<string, List> = new Map([
  ["-P", "params"],
  ["--param-file", "params"],
  ["-A", "annotations"],
  ["--annotation-file", "annotations"],
]);

/** Rejects with a usage error for an option without its one or two values, or a file not there. */
export async function cutOptions(args: readonly string[]): Promise<Cut> {
  const cut = { params: [], annotations: [], feedParams: [], triggerParams: [] } as Record<
    List,
    string[]
  >;
  const rest: string[] = [];
  const queue = args.flatMap(splitFileOption);
  try {
    for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
      const pairs = PAIRS.get(arg);
      const files = FILES.get(arg);
      if (pairs !== undefined) cut[pairs].push(takePair(arg, pairs, queue));
      else if (files !== undefined) cut[files].push(await takeFile(arg, files, queue));
      else rest.push(arg);
    }
  } catch (cause) {
    throw wrapError((inner) => `Failed to parse arguments: ${inner}`, cause, true);
  }
  return { ...cut, args: rest };
}

/** `--param-file=FILE` means FILE here; the original accepts it and then ignores the file. */
function splitFileOption(arg: string): readonly string[] {
  const match = /^(--(?:param|annotation)-file)=(.*)$/s.exec(arg);
  return match === null ? [arg] : [match[1] ?? "", match[2] ?? ""];
}

function takePair(option: string, list: List, queue: string[]): string {
  const [key, value] = queue.splice(0, 2);
  if (key === undefined || value === undefined) {
    throw usageError(`${subject(list)}Arguments for '${option}' must be a key/value pair`);
  }
  return formatPair(key, value);
}

async function takeFile(option: string, list: List, queue: string[]): Promise<string> {
  const file = queue.shift();
  if (file === undefined) {
    throw usageError(`${subject(list)}An argument must be provided for '${option}'`);
  }
  return (await readWhole(file)).toString("utf8");
}

function subject(list: List): string {
  if (list === "params") return "The parameter arguments are invalid: ";
  return list === "annotations" ? "The annotation arguments are invalid: " : "";
}
