/**
 * Whether a client takes a content type, by its headers Accept and Accept-Charset: the most
 * specific range that matches decides. Headers that cannot be read do not count.
 */
import { parseMediaType } from "./media-type.ts";

export type AcceptHeaders = {
  readonly accept: string | undefined;
  readonly acceptCharset: string | undefined;
};

/** `contentType`: as it would be sent. */
export function isAcceptable(contentType: string, headers: AcceptHeaders): boolean {
  if (headers.accept === undefined && headers.acceptCharset === undefined) return true;
  const type = parseMediaType(contentType);
  if (type === undefined) return true;
  const ranges = readRanges(headers.accept);
  const [main = ""] = type.essence.split("/");
  const names = [type.value, type.essence, `${main}/*`, "*/*"];
  if (!isWanted(ranges, names)) return false;
  if (type.class === "binary") return true;
  return isWanted(readRanges(headers.acceptCharset), ["utf-8", "*"]);
}

/** Weights by range; undefined when nothing is asked for. */
type Ranges = ReadonlyMap<string, number> | undefined;

function isWanted(ranges: Ranges, names: readonly string[]): boolean {
  if (ranges === undefined) return true;
  const name = names.find((candidate) => ranges.has(candidate));
  return name !== undefined && (ranges.get(name) ?? 0) > 0;
}

function readRanges(header: string | undefined): Ranges {
  if (header === undefined) return undefined;
  const ranges = new Map<string, number>();
  for (const item of header.split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name === "") continue;
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const own = parameters.filter((parameter) => parameter !== weight);
    const key = own.length === 0 ? name : [name, ...own].join("; ");
    ranges.set(key, Math.max(ranges.get(key) ?? 0, readWeight(weight)));
  }
  return ranges.size === 0 ? undefined : ranges;
}

function readWeight(parameter: string | undefined): number {
  const weight = parameter === undefined ? 1 : Number(parameter.split("=")[1]);
  return Number.isNaN(weight) ? 1 : weight;
}
