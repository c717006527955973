// Any file is either sent as JSON or refused in one line (wsk-cli 11).

import { expect, test } from "vitest";
import { readSwaggerFile } from "../../../src/cli/wsk/swagger-file.ts";
import { WskError } from "../../../src/cli/wsk/wsk-error.ts";
import { fc } from "../../helpers/property.ts";
import { openSession } from "./session.ts";

async function outcome(file: string): Promise<"sent" | "refused"> {
  try {
    JSON.parse(await readSwaggerFile(file));
    return "sent";
  } catch (cause) {
    if (cause instanceof WskError && cause.hasUsage) return "refused";
    throw cause;
  }
}

const document = fc.record(
  {
    swagger: fc.oneof(fc.constant("2.0"), fc.jsonValue()),
    basePath: fc.oneof(fc.constant("/b"), fc.jsonValue()),
    info: fc.oneof(fc.constant({}), fc.jsonValue()),
    paths: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  document.map((value) => JSON.stringify(value)),
  fc.tuple(document, fc.nat()).map(([value, at]) => JSON.stringify(value).slice(0, at)),
);

test.for(["a.json", "a.yaml"])("%s with any text", async (name) => {
  using session = openSession();
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      seen.add(await outcome(session.file(name, text)));
    }),
    { numRuns: 300 },
  );
  expect(seen).toEqual(new Set(["sent", "refused"]));
});

test("aliases that multiply are refused", async () => {
  using session = openSession();
  const lines = Array.from({ length: 12 }, (_, level) => {
    const inner = level === 0 ? "x" : `*l${level - 1}`;
    return `k${level}: &l${level} [${Array.from({ length: 10 }, () => inner).join(", ")}]`;
  });
  expect(await outcome(session.file("a.yaml", lines.join("\n")))).toBe("refused");
});
