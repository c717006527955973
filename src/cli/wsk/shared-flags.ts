/** Flags that several commands have. */
import type { FlagSpec } from "./flag-set.ts";

export const PARAMETERS: readonly FlagSpec[] = [
  { name: "param", short: "p", type: "pairs", usage: "parameter values in `KEY VALUE` format" },
  {
    name: "param-file",
    short: "P",
    type: "string",
    usage: "`FILE` containing parameter values in JSON format",
  },
];

export const ANNOTATIONS: readonly FlagSpec[] = [
  {
    name: "annotation",
    short: "a",
    type: "pairs",
    usage: "annotation values in `KEY VALUE` format",
  },
  {
    name: "annotation-file",
    short: "A",
    type: "string",
    usage: "`FILE` containing annotation values in JSON format",
  },
];

export const NAME_SORT: FlagSpec = {
  name: "name-sort",
  short: "n",
  type: "bool",
  usage:
    "sorts a list alphabetically by entity name; only applicable within the limit/skip returned entity block",
};

export const count = (name: string, short: string, value: number, usage: string): FlagSpec => ({
  name,
  short,
  type: "int",
  default: value,
  usage,
});

/** `--skip` and `--limit` of a list of `nouns`. */
export const page = (nouns: string): readonly FlagSpec[] => [
  count("skip", "s", 0, `exclude the first \`SKIP\` number of ${nouns} from the result`),
  count("limit", "l", 30, `only return \`LIMIT\` number of ${nouns} from the collection`),
];

export const summary = (usage: string): FlagSpec => ({
  name: "summary",
  short: "s",
  type: "bool",
  usage,
});
