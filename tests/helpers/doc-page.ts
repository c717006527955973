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
      const command = firstCommand(entry);
      return { command, output: entry.slice(command.length + 1).trimEnd() };
    });
}

/** It goes on where a line ends with a backslash, or within quotes. */
function firstCommand(entry: string): string {
  let end = entry.indexOf("\n");
  while (end >= 0 && isOpen(entry.slice(0, end))) end = entry.indexOf("\n", end + 1);
  return end < 0 ? entry : entry.slice(0, end);
}

function isOpen(text: string): boolean {
  return text.endsWith("\\") || text.split("'").length % 2 === 0;
}

/** Whether `actual` is what the page shows. */
export function matchesOutput(output: string, actual: string): boolean {
  const parts = output.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "u").test(actual.trimEnd());
}
