import { expect, test } from "vitest";
import type {
  ActionDocument,
  EntityDocument,
  PackageDocument,
} from "../../../src/core/documents.ts";
import { catalogChanges, type Shipped } from "../../../src/platform/catalog-changes.ts";

const NOW = 2000;

function home(updated = NOW, more: Partial<PackageDocument> = {}): PackageDocument {
  return {
    entityType: "package",
    namespace: "whisk.system",
    name: "utils",
    version: "0.0.1",
    publish: true,
    updated,
    parameters: [],
    annotations: [],
    binding: {},
    ...more,
  };
}

function action(updated = NOW, digest = "sha256-a", name = "echo"): ActionDocument {
  return {
    entityType: "action",
    namespace: "whisk.system/utils",
    name,
    version: "0.0.1",
    publish: false,
    updated,
    exec: {
      kind: "nodejs:20",
      code: { attachmentName: "a", attachmentType: "text/plain", length: 1, digest },
      binary: false,
    },
    parameters: [],
    annotations: [],
    limits: { timeout: 1, memory: 1, logs: 1, concurrency: 1 },
  };
}

const idOf = (document: EntityDocument): string => `${document.namespace}/${document.name}`;
const ship = (...documents: readonly EntityDocument[]): Shipped[] =>
  documents.map((document) => ({ id: idOf(document), document }));
const UTILS = "whisk.system/utils";
const ECHO = "whisk.system/utils/echo";

/** What happens to the package and its action when these stand in the store. */
function install(
  found: readonly (EntityDocument | undefined)[],
  known: Readonly<Record<string, number>> = {},
  shipped = ship(home(), action()),
) {
  const stored = found.map((document) => document && { document, revision: "1-a" });
  const { changes, updated, kept } = catalogChanges(shipped, stored, known);
  return {
    written: changes.map(({ id, revision }) => (revision === undefined ? id : `${id} ${revision}`)),
    updated,
    kept,
  };
}

test("an empty store gets everything", () => {
  expect(install([undefined, undefined])).toEqual({
    written: [UTILS, ECHO],
    updated: { [UTILS]: NOW, [ECHO]: NOW },
    kept: [],
  });
});

test("what nobody has touched is replaced", () => {
  const known = { [UTILS]: 1000, [ECHO]: 1000 };
  expect(install([home(1000), action(1000)], known)).toEqual({
    written: [`${UTILS} 1-a`, `${ECHO} 1-a`],
    updated: { [UTILS]: NOW, [ECHO]: NOW },
    kept: [],
  });
});

test("what an operator has changed stays, and stays his at the next installation", () => {
  const known = { [UTILS]: 1000, [ECHO]: 1000 };
  const once = install([home(1000), action(1500)], known);
  expect(once).toEqual({
    written: [`${UTILS} 1-a`],
    updated: { [UTILS]: NOW, [ECHO]: 1000 },
    kept: [ECHO],
  });
  expect(install([home(NOW), action(1500)], once.updated).kept).toEqual([ECHO]);
});

test("what an operator has taken away does not come back", () => {
  const known = { [UTILS]: 1000, [ECHO]: 1000 };
  expect(install([home(1000), undefined], known).kept).toEqual([ECHO]);
  expect(install([undefined, undefined], known)).toEqual({
    written: [],
    updated: known,
    kept: [UTILS],
  });
});

test("a new action does not go where the package is gone or something else", () => {
  const shipped = ship(home(), action(NOW, "sha256-a", "fresh"));
  expect(install([undefined, undefined], { [UTILS]: 1000 }, shipped).written).toEqual([]);
  const taken = { ...action(500), namespace: "whisk.system", name: "utils" };
  expect(install([taken, undefined], {}, shipped)).toMatchObject({ written: [], kept: [UTILS] });
  const bound = home(500, { binding: { namespace: "guest", name: "other" } });
  expect(install([bound, undefined], { [UTILS]: 400 }, shipped).written).toEqual([]);
});

test("a new action goes into a package that was changed", () => {
  const shipped = ship(home(), action(NOW, "sha256-a", "fresh"));
  const { written } = install([home(1500), undefined], { [UTILS]: 1000 }, shipped);
  expect(written).toEqual(["whisk.system/utils/fresh"]);
});

test("an installation that was cut off behind the write is taken up", () => {
  expect(install([home(1000), action(1000)])).toEqual({
    written: [],
    updated: { [UTILS]: 1000, [ECHO]: 1000 },
    kept: [],
  });
});

test("what an operator made before the first installation stays", () => {
  expect(install([home(1000), action(1000, "sha256-b")])).toEqual({
    written: [],
    updated: { [UTILS]: 1000 },
    kept: [ECHO],
  });
});
