/** What `--web` of the command line and `web` of a manifest mean: three annotations. */
import type { KeyValue } from "./records.ts";

export const WEB_KEYS: readonly string[] = ["web-export", "raw-http", "final"];

/** Values of WEB_KEYS by word. */
const MODES: ReadonlyMap<string, readonly boolean[]> = new Map([
  ["true", [true, false, true]],
  ["yes", [true, false, true]],
  ["raw", [true, true, true]],
  ["false", [false, false, false]],
  ["no", [false, false, false]],
]);

export const WEB_WORDS: readonly string[] = [...MODES.keys()];

/** The annotations that a word in any case stands for; undefined for one that is not known. */
export function webEntries(word: string): readonly KeyValue[] | undefined {
  const values = MODES.get(word.toLowerCase());
  return values && WEB_KEYS.map((key, at) => ({ key, value: values[at] ?? false }));
}
