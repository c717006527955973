// Whatever stands in a manifest, there is a plan or a DeployError, and soon.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { encode, parse, type Value } from "../../../src/client/json.ts";
import { readLocation } from "../../../src/deploy/dependency-location.ts";
import { DeployError } from "../../../src/deploy/deploy-error.ts";
import { inputsOf } from "../../../src/deploy/export-entries.ts";
import { glob } from "../../../src/deploy/glob.ts";
import { interpolate } from "../../../src/deploy/interpolate.ts";
import { makePlan } from "../../../src/deploy/make-plan.ts";
import { parseManifest } from "../../../src/deploy/manifest.ts";
import { resolveParameter } from "../../../src/deploy/parameter.ts";
import type { PlanContext } from "../../../src/deploy/plan.ts";
import { previewText } from "../../../src/deploy/preview.ts";
import { reportText } from "../../../src/deploy/report.ts";
import { readRuntimes } from "../../../src/deploy/runtimes.ts";
import { writeYaml } from "../../../src/deploy/write-yaml.ts";
import { fc } from "../../helpers/property.ts";

const context: PlanContext = {
  file: "manifest.yaml",
  namespace: "_",
  env: { A: "a", B: "$A" },
  runtimes: readRuntimes(undefined),
  params: new Map(),
  isStrict: false,
  isUndeploy: false,
  managed: undefined,
  warn: () => undefined,
};

/** Names, values and texts that mean something somewhere. */
const word = fc.constantFrom(
  "",
  "a",
  "b",
  "c",
  "d",
  "$A",
  `\${A}`,
  `x\${B}`,
  "$",
  `\${`,
  "default",
  "p/a",
  "/n/p/a",
  "/",
  "yes",
  "raw",
  "no",
  "nodejs",
  "nodejs:20",
  "string",
  "json",
  "{}",
  "get",
  "GET",
  "x/{id}",
  "./d",
  "__proto__",
  "a, b",
);
const few = <T>(one: fc.Arbitrary<T>) => fc.dictionary(word, one, { maxKeys: 2 });
const value = fc.oneof(word, fc.integer(), fc.constant(null), fc.array(word), few(word));
/** Mostly right, so that plans get far; sometimes any word. */
const mostly = (...right: readonly string[]) =>
  fc.oneof({ arbitrary: fc.constantFrom(...right), weight: 20 }, word);
const type = mostly("string", "integer", "float", "boolean");
const detailed = fc.record({ type, value, default: value }, { requiredKeys: [] });
const inputs = few(fc.oneof(value, detailed));
const annotations = few(value);
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => few(fc.record(fields));
const limit = fc.integer({ min: -1, max: 700_000 });
const web = mostly("yes", "raw", "no");
const packages = some({
  version: word,
  license: word,
  public: fc.boolean(),
  inputs,
  annotations,
  actions: some({
    code: fc.constant("code"),
    runtime: mostly("nodejs", "nodejs:20"),
    web,
    conductor: fc.boolean(),
    limits: fc.record({ timeout: limit, memorySize: limit, logSize: limit }),
    inputs,
    annotations,
  }),
  sequences: few(fc.record({ actions: word, web, annotations })),
  triggers: some({ feed: word, source: word, inputs, annotations }),
  rules: some({ trigger: word, action: word, annotations }),
});
const api = few(few(few(fc.record({ method: mostly("get"), response: word }))));
const withApis = fc.record({ packages, apis: fc.oneof(fc.constant({}), few(api)) });
const manifest = fc
  .record({ project: fc.record({ name: word, inputs }), found: withApis, isTop: fc.boolean() })
  .map(({ project, found, isTop }) => {
    const all = Object.entries(found.packages).map(([name, one]) => [
      name,
      { ...one, apis: found.apis },
    ]);
    const named = { packages: Object.fromEntries(all) };
    return isTop ? { project, ...named } : { project: { ...project, ...named } };
  });

test("manifests are planned or refused", { timeout: 60_000 }, () => {
  let planned = 0;
  fc.assert(
    fc.property(manifest, manifest, (content, deployment) => {
      try {
        const plan = makePlan(
          {
            manifest: parseManifest(JSON.stringify(content), "manifest.yaml"),
            deployment: parseManifest(JSON.stringify(deployment), "deployment.yaml"),
            sources: new Map(),
            dependencies: new Map(),
            swagger: undefined,
          },
          "",
          context,
        );
        planned += 1;
        expect(previewText(plan)).toContain("Packages:\n");
        expect(reportText(plan)).toContain('"Name"');
      } catch (cause) {
        if (!(cause instanceof DeployError)) throw cause;
      }
    }),
    { numRuns: 150 },
  );
  // Else it would only be known that everything is refused.
  expect(planned).toBeGreaterThan(15);
});

test("texts are interpolated to texts", { timeout: 60_000 }, () => {
  const text = fc.array(fc.oneof(word, fc.string())).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (given) => typeof interpolate(given, context.env) === "string"));
  // Many names in one long text: each is looked for in all of it.
  const names = Array.from({ length: 12_000 }, (_, at) => `$${at.toString(36)}`).join("");
  expect(interpolate(names, {})).not.toContain("$zz");
});

const urlPart = fc.constantFrom(
  "https:",
  "file:",
  "//",
  "/",
  "..",
  "github.com",
  "a.git",
  "-x",
  "%2e%2e",
  "@",
  ":",
  "?",
  "#",
);

test("locations of dependencies are known or refused", () => {
  const location = fc.oneof(
    fc.string(),
    word,
    fc.array(urlPart).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(location, (given) => {
      try {
        const found = readLocation(given, "manifest.yaml");
        // Nothing that git could take for an option or that leads out of the repository.
        if (found.kind === "git") expect(found.repository).toMatch(/^(https?|file):\/\//);
        if (found.kind === "git") expect(found.folder).not.toContain("..");
      } catch (cause) {
        if (!(cause instanceof DeployError)) throw cause;
      }
    }),
  );
});

test.each([
  ["github.com/org/repo", "https://github.com/org/repo", ""],
  ["https://github.com/org/repo/a/b", "https://github.com/org/repo", "a/b"],
  ["https://host/deep/repo.git/sub", "https://host/deep/repo.git", "sub"],
  ["https://host/deep/repo", "https://host/deep/repo", ""],
  ["file:///srv/repo.git", "file:///srv/repo.git", ""],
])("%s is the repository %s", (location, repository, folder) => {
  expect(readLocation(location, "m.yaml")).toEqual({ kind: "git", repository, folder });
});

test("what export writes is read back as it was", { timeout: 60_000 }, () => {
  const numeric = fc.stringMatching(/^[-+._0-9xob]{1,6}$/);
  const values = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== "<<" && key !== "__proto__"),
    fc.oneof(
      fc.string(),
      numeric,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.json().map((text) => [JSON.parse(text)]),
      fc.dictionary(fc.string(), word),
      word,
    ),
  );
  fc.assert(
    fc.property(values, (given) => {
      const expected = new Map(
        Object.entries(given).map(([key, one]): [string, Value] => [
          key,
          parse(JSON.stringify(one)),
        ]),
      );
      const entries = [...expected].map(([key, one]) => ({ key, value: one }));
      const text = writeYaml({ packages: { p: { inputs: inputsOf(entries) } } });
      const read = parseManifest(text, "m.yaml").packages.get("p")?.inputs ?? new Map();
      const place = { name: "k", file: "m.yaml", env: context.env };
      const found = new Map(
        [...read].map(([key, one]) => [key, resolveParameter(one, place).value]),
      );
      expect(encode(found)).toBe(encode(expected));
    }),
  );
});

describe("file patterns", () => {
  const folder = mkdtempSync(join(tmpdir(), "meringue-glob-"));
  mkdirSync(join(folder, "sub"));
  for (const name of ["a.js", "b.js", ".hidden", "x[1].js", "sub/c.js", `${"a".repeat(200)}`]) {
    writeFileSync(join(folder, name), "");
  }
  const names = async (pattern: string) => {
    const found = await glob(join(folder, pattern));
    return found.map((path) => path.slice(folder.length + 1));
  };

  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ["*.js", ["a.js", "b.js", "x[1].js"]],
    ["?.js", ["a.js", "b.js"]],
    ["[a-b].js", ["a.js", "b.js"]],
    ["[^a].js", ["b.js"]],
    ["*/*.js", ["sub/c.js"]],
    ["sub/../a.js", ["a.js"]],
    [".*", [".hidden"]],
    ["x\\[1\\].js", ["x[1].js"]],
    ["x[", []],
    ["[z-a].js", []],
    ["nowhere/*", []],
  ])("%s", async (pattern, expected) => {
    expect(await names(pattern)).toEqual(expected);
  });

  test("with many stars take no time", async () => {
    expect(await names(`${"*a".repeat(60)}b`)).toEqual([]);
  });
});
