import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { files, text } from "./repository.ts";

/** Ports: interfaces that stand beside their drivers. */
const STORE = "store/store.ts";
const BUS = "bus/bus.ts";
const DRIVER = "container/driver.ts";
/** Durable values by key: of the gateway, of feeds. */
const CONFIG_STORE = "gateway/config-store.ts";
/** In front of any store. */
const CACHE = "store/entity-cache.ts";
const RECORDER = "store/activation-recorder.ts";

/**
 * Who may import whom below src/ (ARCHITECTURE.md has the reasons). The longest matching beginning
 * counts. "*" marks a composition root, the only kind of file that names concrete drivers.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "lib/": [],
  "core/": ["lib/"],
  "config/": ["lib/", "core/"],
  "store/": ["lib/", "core/", CONFIG_STORE, "gateway/store/"],
  "bus/": ["lib/", "core/"],
  "container/": ["lib/", "core/"],
  "controller/": ["lib/", "core/", STORE, CACHE, RECORDER, BUS],
  "invoker/": ["lib/", "core/", STORE, RECORDER, BUS, DRIVER],
  "gateway/": ["lib/", "core/"],
  "feeds/": ["lib/", "core/", CONFIG_STORE],
  "edge/": ["lib/", "core/"],
  "admin/": ["lib/", "core/", STORE],
  "client/": ["lib/", "core/"],
  "deploy/": ["lib/", "core/", "client/"],
  "cli/wsk": ["lib/", "core/", "client/", "deploy/", "cli/wsk/"],
  "cli/meringue/": ["lib/", "core/", "client/", "config/", "admin/", DRIVER],
  "platform/": ["*"],
  "platform.ts": ["*"],
  "main.ts": ["*"],
};

const sources = files("src").filter((path) => path.endsWith(".ts"));

function ruleFor(path: string): string | undefined {
  return Object.keys(ALLOWED)
    .filter((prefix) => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0];
}

/** Specifiers of static and dynamic imports and of re-exports. */
function importsOf(path: string): string[] {
  const pattern = /(?:^|[\s;}])(?:import|from)\s*\(?\s*"([^"]+)"/g;
  return [...text(path).matchAll(pattern)].map((match) => match[1] ?? "");
}

describe("imports go one way", () => {
  test.each(sources)("%s", (path) => {
    const own = path.slice("src/".length);
    const rule = ruleFor(own);
    expect(
      rule,
      `${path}: give its folder a row in ALLOWED of tests/tidy/imports.test.ts`,
    ).toBeTruthy();
    const allowed = [rule ?? "", ...(ALLOWED[rule ?? ""] ?? [])];
    const forbidden = importsOf(path)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => join(dirname(own), specifier))
      .filter((target) => !allowed.some((begin) => begin === "*" || target.startsWith(begin)));
    expect(
      forbidden,
      `${path} may import ${allowed.join(" ")} only: move the code, or pass what it needs as an ` +
        "option from src/platform",
    ).toEqual([]);
  });
});

test("core is pure: no input, output, clock, timer or chance", () => {
  const core = sources.filter((path) => path.startsWith("src/core/"));
  expect(core.length).toBeGreaterThan(0);
  const pure = new Set(["node:assert/strict", "node:buffer", "node:util", "node:crypto"]);
  for (const path of core) {
    const impure = importsOf(path).filter((name) => name.startsWith("node:") && !pure.has(name));
    expect(impure, `${path}: give it the value instead of the module`).toEqual([]);
    const calls = text(path).match(
      /\b(Date\.now\(|new Date\(\)|Math\.random\(|set(Timeout|Interval|Immediate)\(|process\.\w)/g,
    );
    expect(calls ?? [], `${path}: pass the time or the chance as an argument`).toEqual([]);
  }
});

test("only composition roots and the command line read the configuration", () => {
  const readers = sources.filter(
    (path) =>
      !/^src\/(config|cli\/meringue|platform)\//.test(path) &&
      !["src/main.ts", "src/platform.ts"].includes(path) &&
      importsOf(path).some((name) => name.includes("/config/")),
  );
  expect(readers, "give the part a narrow options object instead").toEqual([]);
});
