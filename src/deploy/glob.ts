/**
 * File patterns as manifests have them: `*`, `?` and `[a-z]` within one part of a path, no `**`;
 * hidden files are files like others.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Existing paths that match, in order of their names; a folder that cannot be read has none. */
export async function glob(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  let found = [pattern.startsWith("/") ? "/" : "."];
  for (const part of parts) {
    const next: string[] = [];
    for (const folder of found) {
      for (const name of await namesIn(folder, part)) next.push(join(folder, name));
    }
    found = next;
  }
  return found;
}

async function namesIn(folder: string, part: string): Promise<readonly string[]> {
  if (part === "..") return [part];
  const matches = matcher(part);
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter(matches).sort();
}

/** Undefined stands for `*`; anything else tells whether one character fits. */
type Token = ((char: string) => boolean) | undefined;

function matcher(part: string): (name: string) => boolean {
  const tokens = tokensOf(part);
  return (name) => fits([...name], tokens);
}

/** Goes back to the last `*` only, so that no pattern takes long. */
function fits(name: readonly string[], tokens: readonly Token[]): boolean {
  let at = 0;
  let token = 0;
  let star = -1;
  let retry = 0;
  while (at < name.length) {
    const test = tokens[token];
    if (token < tokens.length && test === undefined) {
      star = token;
      retry = at;
      token += 1;
    } else if (test?.(name[at] ?? "") === true) {
      at += 1;
      token += 1;
    } else if (star < 0) return false;
    else {
      retry += 1;
      at = retry;
      token = star + 1;
    }
  }
  return tokens.slice(token).every((rest) => rest === undefined);
}

const TOKEN = /\*|\?|\[(\^?)((?:\\.|[^\]\\])+)\]|\\(.)|./gsu;

function tokensOf(part: string): readonly Token[] {
  return [...part.matchAll(TOKEN)].map(([token, not, set, escaped]) => {
    if (token === "*") return undefined;
    if (token === "?") return () => true;
    if (set !== undefined) return setTest(set, not === "^");
    const wanted = escaped ?? token;
    return (char) => char === wanted;
  });
}

/** `a-z` is a range, `\\` takes the meaning away from what follows. */
function setTest(set: string, isNegated: boolean): (char: string) => boolean {
  const ranges = [...set.matchAll(/(?:\\(.)|(.))(?:-(?:\\(.)|(.)))?/gsu)].map(
    ([, escaped, plain, escapedEnd, plainEnd]) => {
      const start = escaped ?? plain ?? "";
      return [start, escapedEnd ?? plainEnd ?? start] as const;
    },
  );
  return (char) => ranges.some(([start, end]) => start <= char && char <= end) !== isNegated;
}
