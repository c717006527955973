import { expect, test } from "vitest";
import { bytes, files, isText, linesThat } from "./repository.ts";

const all = files();
const texts = all.filter(isText);
const code = (folder: string) => files(folder).filter((path) => /\.(ts|js|mjs|cjs|py)$/.test(path));
const self = "tests/tidy/text.test.ts";

test("lines of src have at most 100 columns", () => {
  // But for texts in quotes: whole, they can be found by what a user quotes.
  const long = linesThat(code("src"), (line) => {
    const bare = line.replace(/(["'`])(?:\\.|(?!\1).)*\1/g, "$1$1");
    return [...bare].length > 100;
  });
  expect(long, "break the line").toEqual([]);
});

test("no file is longer than 256 KiB", () => {
  const large = all.filter((path) => bytes(path) > 256 * 1024);
  expect(large, "make it in the test or the build that needs it").toEqual([]);
});

test("nothing is left to be fixed", () => {
  const marks = linesThat(
    texts.filter((path) => path !== self && path !== "LICENSE"),
    (line) => /\b(FIXME|XXX|TODO)\b/.test(line),
  );
  expect(marks, "do it now, or write it down as a limit in docs/").toEqual([]);
});

test("nothing speaks of the machine it was written on", () => {
  const paths = linesThat(
    texts.filter((path) => path !== self),
    (line) => /(^|[^\w./-])\/(work|root)\//.test(line),
  );
  expect(paths, "use a path below the checkout, the home or the temporary folder").toEqual([]);
});

test("no package registry is named", () => {
  // A lock file with addresses works only where its writer's registry can be reached.
  const hosts = linesThat(
    texts.filter((path) => path !== self),
    (line) => /"resolved":|^registry\s*=|https?:\/\/[\w.-]*(registry|artifact|nexus)/i.test(line),
  );
  expect(hosts, "leave it out: npm's own settings say where packages come from").toEqual([]);
});

test("tests wait for a state, never for a time", () => {
  const places = code("tests").filter(
    (path) => ![self, "tests/helpers/wait-for.ts"].includes(path),
  );
  const sleeps = linesThat(
    places,
    (line) =>
      /\bsetTimeout\b.*from "node:timers\/promises"/.test(line) ||
      // Outside of the source of an action, which stands in quotes.
      /^[^"'`]*\bawait new Promise\b.*\bsetTimeout\(\s*\w+\s*,/.test(line) ||
      /\bAtomics\.wait\(/.test(line),
  );
  expect(sleeps, "use waitFor of tests/helpers/wait-for.ts").toEqual([]);
});

test("tests take fakes as arguments", () => {
  const mocks = linesThat(
    code("tests").filter((path) => path !== self),
    (line) => /\bvi\.(mock|doMock|stubGlobal)\(/.test(line),
  );
  expect(mocks, "pass a fake to the constructor instead of replacing a module").toEqual([]);
});

test("properties take their examples from one seed", () => {
  const places = code("tests").filter(
    (path) => ![self, "tests/helpers/property.ts"].includes(path),
  );
  const own = linesThat(places, (line) => line.includes('from "fast-check"'));
  expect(own, "import fc from tests/helpers/property.ts").toEqual([]);
});
