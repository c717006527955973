import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import { createKindTable, defaultManifest, HISTORICAL_KINDS } from "../../../src/core/kinds.ts";
import { parseManifest } from "../../../src/core/runtimes-manifest.ts";

const present = ["nodejs:20", "nodejs:26", "python:3.11", "python:3.13"];
const table = createKindTable({ manifest: defaultManifest(present), present, historical: true });

describe("without a manifest of the operator", () => {
  test.each([
    // Present: runs as asked.
    ["nodejs:20", "nodejs:20", "nodejs:20"],
    ["nodejs:26", "nodejs:26", "nodejs:26"],
    ["python:3.13", "python:3.13", "python:3.13"],
    // Defaults of the original; its python:3.10 is not here.
    ["nodejs:default", "nodejs:20", "nodejs:20"],
    ["python:default", "python:3.10", "python:3.11"],
    // Shipped once by the original: the nearest version.
    ["nodejs", "nodejs", "nodejs:20"],
    ["nodejs:6", "nodejs:6", "nodejs:20"],
    ["nodejs:14", "nodejs:14", "nodejs:20"],
    ["nodejs:18", "nodejs:18", "nodejs:20"],
    ["nodejs:22", "nodejs:22", "nodejs:20"],
    ["nodejs:24", "nodejs:24", "nodejs:26"],
    ["python", "python", "python:3.11"],
    ["python:2", "python:2", "python:3.11"],
    ["python:3", "python:3", "python:3.11"],
    ["python:3.6", "python:3.6", "python:3.11"],
    // As near to 3.11 as to 3.13: the newer one.
    ["python:3.12", "python:3.12", "python:3.13"],
  ])("%s is stored as %s and runs on %s", (asked, kind, runtime) => {
    expect(table.resolve(asked)).toEqual({ kind, runtime, deprecated: false, requireMain: false });
  });

  test.each(["", "nodejs:7", "nodejs:21", "python:4", "ruby:2.5", "java:default", "__proto__"])(
    "%j is not known",
    (kind) => {
      expect(table.resolve(kind)).toBeUndefined();
    },
  );

  test("the manifest lists the original's kinds and what is present", () => {
    expect(table.kinds).toEqual([
      "nodejs:18",
      "nodejs:20",
      "nodejs:26",
      "python:3.10",
      "python:3.11",
      "python:3.13",
    ]);
    expect(table.families["nodejs"]?.[1]).toEqual({
      kind: "nodejs:20",
      image: "openwhisk/action-nodejs-v20:nightly",
      deprecated: false,
      default: true,
      attached: true,
      requireMain: false,
    });
  });

  test("only kinds of the original have its images", () => {
    const images = Object.values(table.families).flatMap((infos) =>
      infos.map(({ image }) => image),
    );
    expect(images).toEqual([
      "openwhisk/action-nodejs-v18:nightly",
      "openwhisk/action-nodejs-v20:nightly",
      "",
      "openwhisk/action-python-v3.10:nightly",
      "openwhisk/action-python-v3.11:nightly",
      "",
    ]);
  });

  test("every kind of old times resolves, on any machine that has one runtime of its family", () => {
    const few = ["nodejs:22", "python:3.9"];
    const kinds = createKindTable({
      manifest: defaultManifest(few),
      present: few,
      historical: true,
    });
    const runtimes = Object.values(HISTORICAL_KINDS).map((names) =>
      names.map((name) => kinds.resolve(name)?.runtime),
    );
    expect(new Set(runtimes[0])).toEqual(new Set(["nodejs:22"]));
    expect(new Set(runtimes[1])).toEqual(new Set(["python:3.9"]));
  });

  test("a language without a runtime is left out, and said so", () => {
    const nodes = ["nodejs:20"];
    const kinds = createKindTable({
      manifest: defaultManifest(nodes),
      present: nodes,
      historical: true,
    });
    expect(kinds.resolve("python:3")).toBeUndefined();
    expect(Object.keys(kinds.families)).toEqual(["nodejs"]);
    expect(kinds.notes).toEqual(["manifest: no python runtime is present, 'python' left out"]);
  });
});

describe("with a manifest of the operator", () => {
  const manifest = parseManifest({
    description: ["ours"],
    runtimes: {
      nodejs: [
        { kind: "nodejs:16", deprecated: true },
        {
          kind: "NodeJS:22",
          default: true,
          image: { registry: "reg.example/", prefix: "our", name: "node", tag: "v1" },
          stemCells: [{ initialCount: 2, memory: "256 MB" }],
        },
      ],
      python: [{ kind: "python:3.11", requireMain: true, image: { name: "py" } }],
      swift: [{ kind: "swift:5.3", default: true, image: { name: "swift" } }],
    },
    blackboxes: [],
  });
  const own = createKindTable({ manifest, present, historical: false });

  test("it is the whole truth", () => {
    expect(own.resolve("nodejs:14")).toBeUndefined();
    expect(own.resolve("nodejs:20")).toBeUndefined();
    expect(own.resolve("nodejs:default")).toMatchObject({
      kind: "nodejs:22",
      runtime: "nodejs:20",
    });
    expect(own.resolve("nodejs:16")).toMatchObject({ deprecated: true });
    // A single kind is its family's default.
    expect(own.resolve("python:default")).toMatchObject({ kind: "python:3.11", requireMain: true });
  });

  test("families without a launcher are left out, and said so", () => {
    expect(own.notes).toEqual(["manifest: no launcher for 'swift', left out"]);
  });

  test("images and processes to keep ready are read", () => {
    const [, nodejs] = own.families["nodejs"] ?? [];
    expect(nodejs?.image).toBe("reg.example/our/node:v1");
    expect(own.stemCells).toEqual([{ runtime: "nodejs:20", initialCount: 2, memoryMb: 256 }]);
  });

  test.each<[Json, string]>([
    [[], "manifest: 'runtimes' must be an object"],
    [{ runtimes: [] }, "manifest: 'runtimes' must be an object"],
    [{ runtimes: { nodejs: {} } }, "manifest: 'nodejs' must be an array"],
    [{ runtimes: { nodejs: [1] } }, "manifest: nodejs[0] must be an object"],
    [{ runtimes: { nodejs: [{ kind: 1 }] } }, "manifest: nodejs[0].kind must be a string"],
    [
      { runtimes: { nodejs: [{ kind: "nodejs:20", default: "yes" }] } },
      "manifest: nodejs[0].default must be a boolean",
    ],
    [
      { runtimes: { nodejs: [{ kind: "nodejs:20", image: {} }] } },
      "manifest: nodejs[0].image.name must be a string",
    ],
    [
      { runtimes: { nodejs: [{ kind: "nodejs:20", stemCells: [{ initialCount: 0 }] }] } },
      'manifest: nodejs[0].stemCells needs initialCount above 0 and memory such as "256 MB"',
    ],
    [
      { runtimes: { nodejs: [{ kind: "nodejs:18" }, { kind: "nodejs:20" }] } },
      "manifest: nodejs has several kinds and no default",
    ],
    [
      {
        runtimes: {
          nodejs: [
            { kind: "nodejs:18", default: true },
            { kind: "nodejs:20", default: true },
          ],
        },
      },
      "manifest: nodejs has several kinds and more than one default",
    ],
  ])("%j is refused", (value, text) => {
    expect(() => parseManifest(value)).toThrow(new Error(text));
  });
});
