// Writes the generated pages of docs/. `--check`: writes nothing, exits 1 when one is not current.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configurationPage } from "../src/config/documentation.ts";
import { ERRORS } from "../src/core/errors.ts";
import { markdownTable } from "../src/lib/markdown-table.ts";
import { pluginPages } from "./gateway-plugin-pages.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, layer, text }]) => {
    const cell = text.trim().replaceAll("|", "\\|").replaceAll("\n", "⏎");
    return [`\`${code}\``, String(status), layer, cell];
  });
  return `<!-- Generated from src/core/errors.ts by \`npm run docs\`. Do not edit. -->
# Errors

What the API answers when a request fails: \`{"error": TEXT, "code": TRANSACTION_ID}\` with the
status below. \`code\` in the answer is the transaction id of the request, by which the server's log
names it; the names in this table are those of the source and of the log. Many errors come with a
more exact text than the one shown here.

The layer is the one that answers in the original: a \`rejection\` comes from its HTTP framework and
carries no CORS headers, an answer of a \`handler\` does. ⏎ is a line feed.

What goes wrong inside an action is no error of the API: it is the activation's result, with status
\`application error\`, \`action developer error\` or \`whisk internal error\`.

${markdownTable(["name", "status", "layer", "text"], rows)}

## Exit codes of \`meringue\`

${markdownTable(["code", "when"], EXIT_CODES)}
`;
}

const EXIT_CODES = [
  ["0", "done, or stopped by a signal after all running activations were recorded"],
  ["1", "it could not be done; one line on stderr says why (`-v` adds the stack)"],
  ["2", "the command line or the configuration is wrong; every problem has a line on stderr"],
  ["130, 143", "a second Ctrl-C or SIGTERM: stopped at once"],
];

/** Path from the root, and what the page should hold. */
export const GENERATED: readonly { readonly path: string; readonly render: () => string }[] = [
  { path: "docs/configuration.md", render: configurationPage },
  { path: "docs/errors.md", render: errorsPage },
  ...pluginPages(),
];

/** Paths of pages that differ from what would be generated. */
export function stalePages(): string[] {
  return GENERATED.filter(({ path, render }) => {
    try {
      return readFileSync(join(root, path), "utf8") !== render();
    } catch {
      return true;
    }
  }).map(({ path }) => path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = stalePages();
  if (process.argv.includes("--check")) {
    for (const path of stale) console.error(`${path} is not current: run "npm run docs"`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const { path, render } of GENERATED) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), render());
    }
  }
}
