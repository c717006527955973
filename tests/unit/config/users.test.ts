import { describe, expect, test } from "vitest";
import { subjectsWithPublicKeys } from "../../../src/config/stock-users.ts";
import { load, problemsOf, settingsFile } from "./helpers.ts";

const KEY = "k".repeat(64);
const space = (name: string, digit = "1") => ({
  name,
  uuid: `${digit.repeat(8)}-0000-4000-8000-000000000000`,
  key: KEY,
});
const env = (users: unknown) => ({ MERINGUE_USERS: JSON.stringify(users) });

describe("users", () => {
  test("guest and whisk.system exist without being named", async () => {
    const { config } = await load();
    expect(config.users.map((user) => user.subject)).toEqual(["guest", "whisk.system"]);
    expect(subjectsWithPublicKeys(config.users)).toEqual(["guest", "whisk.system"]);
  });

  test("a block adds users; a stock subject gets its own key", async () => {
    using file = settingsFile(
      JSON.stringify({
        users: [
          { subject: "alice", namespaces: [space("alice")], limits: { maxActionMemory: 1024 } },
          { subject: "guest", namespaces: [space("guest", "2")] },
        ],
      }),
    );
    const { config } = await load({ file: file.path });
    expect(config.users.map((user) => user.subject)).toEqual(["whisk.system", "alice", "guest"]);
    expect(config.users[1]?.limits).toEqual({ maxActionMemory: 1024 });
    expect(subjectsWithPublicKeys(config.users)).toEqual(["whisk.system"]);
  });

  test("every problem is named, and no key is quoted", async () => {
    const problems = await problemsOf({
      env: env([
        { subject: "bob", namespaces: [{ ...space("b"), key: "secretsecret", extra: 1 }] },
        { subject: "carol", namespace: [] },
        {
          subject: "dave!",
          namespaces: [{ ...space("bad/name"), uuid: "x" }],
          limits: { concurrentInvocation: 1, maxPayloadSize: "big", firesPerMinute: -1 },
        },
        7,
      ]),
    });
    const text = problems.join("\n");
    expect(text).not.toContain("secretsecret");
    const where = "users (environment MERINGUE_USERS): ";
    expect(problems.map((line) => line.replace(where, ""))).toEqual([
      "users[0].subject is not a text of at least 5 characters",
      "users[0].namespaces[0].extra is unknown",
      "users[0].namespaces[0].key is not a text of 64 letters and digits",
      'users[1].namespace is unknown, did you mean "namespaces"?',
      "users[1].namespaces is not a list of at least one namespace",
      "users[2].namespaces[0].name is not a namespace name",
      "users[2].namespaces[0].uuid is not a UUID",
      'users[2].limits.concurrentInvocation is unknown, did you mean "concurrentInvocations"?',
      "users[2].limits.firesPerMinute is not a whole number from 0",
      'users[2].limits.maxPayloadSize is not a size such as "512 KB"',
      "users[3] is not an object",
    ]);
  });

  test("subject names have at least 5 characters, keys exactly 64", async () => {
    const user = (subject: string, key: string) => [
      { subject, namespaces: [{ ...space("space"), key }] },
    ];
    expect(await problemsOf({ env: env(user("abcde", KEY)) })).toEqual([]);
    expect(await problemsOf({ env: env(user("abcd", KEY)) })).toHaveLength(1);
    expect(await problemsOf({ env: env(user("abcde", KEY.slice(1))) })).toHaveLength(1);
    expect(await problemsOf({ env: env(user("abcde", `${KEY}k`)) })).toHaveLength(1);
  });

  test("a subject or a uuid that stands twice", async () => {
    const problems = await problemsOf({
      env: env([
        { subject: "alice", namespaces: [space("a")] },
        { subject: "alice", namespaces: [space("b")] },
      ]),
    });
    expect(problems).toHaveLength(2);
  });

  test("text that is no JSON, or no list", async () => {
    expect(await problemsOf({ env: { MERINGUE_USERS: "[{" } })).toEqual([
      "users (environment MERINGUE_USERS): is not JSON",
    ]);
    expect(await problemsOf({ env: { MERINGUE_USERS: "{}" } })).toEqual([
      "users (environment MERINGUE_USERS): is not a list of users",
    ]);
  });
});
