/**
 * YAML as the original's library reads and writes it: version 1.1, where `on` is true and `012` is
 * ten, but without its dates and numbers to the base of sixty.
 */
import { parse, stringify, type Tags } from "yaml";

/** How many aliases a document may have: repeated ones could make it grow without end. */
const ALIASES_MAX = 100;

const OTHER_TAGS = new Set(["timestamp", "set", "omap", "pairs", "binary"]);

function knownTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") return true;
    const isOther = OTHER_TAGS.has(tag.tag.replace("tag:yaml.org,2002:", ""));
    return !isOther && !("format" in tag && tag.format === "TIME");
  });
}

const VERSION = { version: "1.1" } as const;

/** Throws an error that says where the text is wrong. */
export function parseYaml(text: string): unknown {
  const options = { customTags: knownTags, maxAliasCount: ALIASES_MAX, logLevel: "error" } as const;
  return parse(text, { ...VERSION, ...options });
}

/** With sorted keys and a line break at the end; texts that could be dates are quoted. */
export function formatYaml(value: unknown): string {
  return stringify(value, { ...VERSION, sortMapEntries: true, indentSeq: false, lineWidth: 0 });
}
