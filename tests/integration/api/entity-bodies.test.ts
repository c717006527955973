/** No body of a request makes a handler of entities fail: an answer below 500, always. */

import { beforeEach, describe, expect, test } from "vitest";
import { createActionHandlers } from "../../../src/controller/api/actions.ts";
import type { Handler } from "../../../src/controller/api/handler.ts";
import { createPackageHandlers } from "../../../src/controller/api/packages.ts";
import { createRuleHandlers } from "../../../src/controller/api/rules.ts";
import { createTriggerHandlers } from "../../../src/controller/api/triggers.ts";
import type { Json } from "../../../src/core/documents.ts";
import { createKindTable, defaultManifest } from "../../../src/core/kinds.ts";
import { call } from "../../helpers/api-request.ts";
import { ORIGINAL_LIMITS } from "../../helpers/limits.ts";
import { createMemoryStore } from "../../helpers/memory-store.ts";
import { fc } from "../../helpers/property.ts";

const present = ["nodejs:20"];
const kinds = createKindTable({ manifest: defaultManifest(present), present, historical: true });

/** A few names, so that what one body makes the next refers to. */
const some = fc.constantFrom("a", "b", "p", "q", "t", "u");
const reference = fc.oneof(
  fc.tuple(fc.constantFrom("_", "guest", "other"), some).map((parts) => `/${parts.join("/")}`),
  fc.tuple(fc.constantFrom("_", "guest"), some, some).map((parts) => `/${parts.join("/")}`),
  fc.record({ path: fc.constantFrom("_", "guest/p"), name: some }),
  fc.string(),
);
const anything = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
const entry = fc.record(
  { key: fc.oneof(fc.constantFrom("feed", "binding", "__proto__"), anything), value: anything },
  { requiredKeys: [] },
);
const exec = fc.oneof(
  fc.record({ kind: fc.constantFrom("nodejs:20", "nodejs:default"), code: fc.string() }),
  fc.record({ kind: fc.constant("sequence"), components: fc.array(reference, { maxLength: 5 }) }),
  anything,
);
const body = fc.oneof(
  fc.record(
    {
      exec,
      parameters: fc.oneof(fc.array(entry, { maxLength: 3 }), anything),
      annotations: fc.oneof(fc.array(entry, { maxLength: 3 }), anything),
      binding: fc.oneof(
        fc.record({ namespace: fc.constantFrom("_", "guest", "other"), name: some }),
        anything,
      ),
      trigger: fc.oneof(reference, anything),
      action: fc.oneof(reference, anything),
      limits: fc.oneof(fc.constant({}), anything),
      version: fc.oneof(fc.constant("1.2.3"), anything),
      publish: fc.oneof(fc.boolean(), anything),
      status: fc.oneof(fc.constantFrom("active", "inactive"), anything),
    },
    { requiredKeys: [] },
  ),
  anything,
  fc.string(),
);
const query = fc.oneof(
  fc.constantFrom("", "overwrite=true", "force=true", "count=true", "code=false"),
  fc.string(),
);
const target = fc.oneof(
  some.map((name) => [name]),
  fc.tuple(some, some).map((names) => [...names]),
);

let handlers: Record<string, readonly Handler[]>;

beforeEach(() => {
  const store = createMemoryStore();
  const deps = { ...store, kinds, limits: ORIGINAL_LIMITS, now: () => 1 };
  const fire = { fire: async () => ({ type: "idle" }) as const };
  const actions = createActionHandlers(deps);
  const packages = createPackageHandlers(deps);
  const triggers = createTriggerHandlers({ ...deps, fire });
  const rules = createRuleHandlers(deps);
  handlers = {
    actions: [actions.put, actions.put, actions.get, actions.remove],
    packages: [packages.put, packages.put, packages.get, packages.list, packages.remove],
    triggers: [triggers.put, triggers.put, triggers.get, triggers.fire, triggers.remove],
    rules: [rules.put, rules.put, rules.get, rules.setStatus, rules.list, rules.remove],
  };
});

describe.each(["actions", "packages", "triggers", "rules"])("%s", (collection) => {
  test("answer any body with less than 500", async () => {
    const request = fc.tuple(fc.nat(99), target, query, body);
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 8 }), async (requests) => {
        for (const [pick, names, text, given] of requests) {
          const own = handlers[collection] ?? [];
          const handler = own[pick % own.length] as Handler;
          // Only actions have a second name; the router gives the others one.
          const rest = collection === "actions" ? names : names.slice(0, 1);
          // Entities of the other sorts come and go under the same names.
          for (const [other, [put]] of Object.entries(handlers)) {
            if (other !== collection && put !== undefined && pick % 3 === 0) {
              await answerOf(put, names.slice(0, 1), "overwrite=true", given);
            }
          }
          const { status } = await answerOf(handler, rest, text, given);
          expect(status).toBeLessThan(500);
        }
      }),
      { numRuns: 300 },
    );
  });
});

async function answerOf(handler: Handler, rest: string[], text: string, given: unknown) {
  try {
    return await call(handler, { rest, query: text, body: given });
  } catch (error) {
    // A 204 has no body that `call` could read.
    if (error instanceof SyntaxError) return { status: 204 };
    throw error;
  }
}
