import { expect, test } from "vitest";
import type { User } from "../../../src/config/config.ts";
import { GUEST } from "../../../src/config/stock-users.ts";
import type { SubjectDocument } from "../../../src/core/documents.ts";
import { bootstrapUsers } from "../../../src/platform/users.ts";

function setUp() {
  const subjects = new Map<string, SubjectDocument>();
  const identities = {
    get: async (subject: string) => subjects.get(subject),
    put: async (document: SubjectDocument) => void subjects.set(document.subject, document),
    list: async () => [...subjects.values()],
    putLimits: async () => undefined,
  };
  const claimants = (uuid: string) =>
    [...subjects.values()]
      .filter(({ namespaces }) => namespaces.some((space) => space.uuid === uuid))
      .map(({ subject }) => subject);
  return { identities, subjects, claimants };
}

const SPACE = { name: "space", uuid: "uuid-of-space", key: "k".repeat(64) };
const OTHER = { name: "other", uuid: "uuid-of-other", key: "o".repeat(64) };

// A uuid that two subjects claim lets neither of them in.
test("a key goes with the subject that has it in the configuration now", async () => {
  const { identities, subjects, claimants } = setUp();
  const before: User = { subject: "before", namespaces: [SPACE, OTHER] };
  await bootstrapUsers(identities, [before]);
  await bootstrapUsers(identities, [{ subject: "after", namespaces: [SPACE] }]);
  expect(claimants(SPACE.uuid)).toEqual(["after"]);
  expect(subjects.get("before")?.namespaces).toEqual([OTHER]);
});

test("a stock key that the configuration gives to somebody is not the stock user's", async () => {
  const { identities, claimants } = setUp();
  const [space] = GUEST.namespaces;
  if (space === undefined) throw new Error("the guest has no namespace");
  await bootstrapUsers(identities, []);
  await bootstrapUsers(identities, [{ subject: "someone", namespaces: [space] }]);
  expect(claimants(space.uuid)).toEqual(["someone"]);
});

test("a start with what is known writes nothing", async () => {
  const { identities } = setUp();
  const users: User[] = [{ subject: "before", namespaces: [SPACE] }];
  await bootstrapUsers(identities, users);
  const put = () => Promise.reject(new Error("written"));
  await bootstrapUsers({ ...identities, put }, users);
});
