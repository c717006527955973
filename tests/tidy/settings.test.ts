import { describe, expect, test } from "vitest";
import { SETTINGS } from "../../src/config/schema.ts";
import { camelCase } from "../../src/lib/tree-type.ts";
import { files, text } from "./repository.ts";

const readers = files("src").filter((path) => /^src\/(main|platform|cli\/meringue\/)/.test(path));
const source = readers.map(text).join("\n");

describe("every setting is used by the program", () => {
  test.each(SETTINGS.map((setting) => setting.key))("%s", (key) => {
    const names = key.split(".").map(camelCase);
    const leaf = names.at(-1) ?? "";
    const group = names.at(-2) ?? "config";
    // Read as `group.leaf`, or taken apart: `const { leaf } = config.group`.
    const direct = new RegExp(`\\b${group}\\.${leaf}\\b`);
    const apart = new RegExp(`\\{[^{}]*\\b${leaf}\\b[^{}]*\\}\\s*=\\s*[\\w.]*\\b${group}\\b`);
    expect(
      direct.test(source) || apart.test(source),
      `${key}: use it in src/platform, or take its row out of src/config/schema/`,
    ).toBe(true);
  });
});
