/** Pages of docs/ whose examples are run: their blocks, commands, and what those print. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./platform.ts";

export type Block = { readonly language: string; readonly text: string };

export type Command = {
  readonly command: string;
  /** As the page shows it; "…" stands for anything within a line. */
  readonly output: string;
};

/** Fenced blocks of a page below docs/, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gmu)].map(
    ([, language = "", body = ""]) => ({ language, text: body }),
  );
}

/** Commands of a page's console blocks: lines that begin with "$ ", each with what follows. */
export function commandsOf(page: string): Command[] {
  return blocksOf(page)
    .filter(({ language }) => language === "console")
    .flatMap(({ text }) => text.split(/^\$ /mu).slice(1))
    .map((entry) => {
      const end = entry.indexOf("\n");
      return { command: entry.slice(0, end), output: entry.slice(end + 1).trimEnd() };
    });
}

/** Whether `actual` is what the page shows. */
export function matchesOutput(output: string, actual: string): boolean {
  const parts = output.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "u").test(actual.trimEnd());
}
