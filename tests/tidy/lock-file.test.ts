/** `npm ci` refuses a lock file that names packages it does not hold. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

type Lock = {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: object; readonly resolved?: string }>
  >;
};
const lock = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "..", "package-lock.json"), "utf8"),
) as Lock;

test("holds every optional package that it names", () => {
  const missing = Object.entries(lock.packages).flatMap(([folder, entry]) =>
    Object.keys(folder === "" ? {} : (entry.optionalDependencies ?? {}))
      .filter((name) => lock.packages[`node_modules/${name}`] === undefined)
      .map((name) => `${folder} names ${name}`),
  );
  expect(missing, "take the names out of the entry, else npm ci fails").toEqual([]);
});

test("names no registry", () => {
  const hosts = Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined);
  expect(hosts).toEqual([]);
});
