import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { stalePages } from "../../scripts/docs.ts";
import { examplePath } from "../../scripts/gateway-plugin-pages.ts";
import { ERRORS } from "../../src/core/errors.ts";
import { PLUGINS } from "../../src/gateway/plugins/table.ts";
import { files, ROOT, text } from "./repository.ts";

const pages = files().filter((path) => path.endsWith(".md"));

/** As the usual Markdown viewers make anchors of headings. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>();
  for (const heading of withoutCode(text(path)).matchAll(/^#{1,6} +(.+?)\s*$/gm)) {
    const words = (heading[1] ?? "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, "");
}

/** Targets of links and images, but for those on the web. */
function linksOf(path: string): string[] {
  const source = withoutCode(text(path)).replace(/`[^`\n]*`/g, "code");
  return [...source.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z]+:/i.test(target));
}

describe("links of Markdown pages lead somewhere", () => {
  test.each(pages)("%s", (page) => {
    const broken = linksOf(page).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), decodeURIComponent(path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor);
    });
    expect(broken, `${page}: correct the path, or the anchor behind #`).toEqual([]);
  });
});

test("generated pages are current", () => {
  expect(stalePages(), 'run "npm run docs" and commit the result').toEqual([]);
});

describe("every plugin of the gateway has an example", () => {
  test.each(PLUGINS.map(({ name }) => name))("%s", (name) => {
    const path = examplePath(name);
    expect(existsSync(join(ROOT, path)), `write ${path}: title, what it does, commands`).toBe(true);
    expect(text(path).startsWith(`# ${name}\n\n`), `${path}: begin with "# ${name}"`).toBe(true);
    expect(text(path), `${path}: show commands in a block "console"`).toContain("```console\n$ ");
  });
});

test("every error code is documented, and no other", () => {
  const documented = [...text("docs/errors.md").matchAll(/^\| `([A-Z_]+)` +\|/gm)].map((m) => m[1]);
  expect(documented, 'run "npm run docs"').toEqual(Object.keys(ERRORS));
});

test("the change log has a section for what is not released yet", () => {
  const [section] = text("CHANGELOG.md").match(
    /^## .*Unreleased.*$[\s\S]*?(?=^## |(?![\s\S]))/m,
  ) ?? [""];
  expect(section, "CHANGELOG.md: add a heading `## Unreleased`").not.toBe("");
  expect(section, "CHANGELOG.md: say under Unreleased what users will see").toMatch(/^- \S/m);
});
