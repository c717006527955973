import { describe, expect, test } from "vitest";
import { readCommand } from "../../../src/admin/commands.ts";
import { fc } from "../../helpers/property.ts";

describe("a command that comes over the channel", () => {
  test.each([
    { verb: "user.create", subject: "alice", revoke: true },
    { verb: "user.list", namespace: "space", pick: 3 },
    { verb: "user.block", subjects: ["alice", "bobby"] },
    {
      verb: "limits.set",
      namespace: "space",
      given: { allowedKinds: ["a"], maxPayloadSize: "1 B" },
    },
    { verb: "db.get", database: "subjects", docs: true },
  ])("$verb is read as it was sent", (command) => {
    expect(readCommand(JSON.stringify(command))).toEqual(command);
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no verb", "{}"],
    ["a verb that every object has", '{"verb":"toString"}'],
    ["a member missing", '{"verb":"user.create"}'],
    ["a member of another type", '{"verb":"user.create","subject":5}'],
    ["a member too many", '{"verb":"user.whois","authkey":"a:b","all":true}'],
    ["a limit that is no text", '{"verb":"limits.set","namespace":"a","given":{"x":1}}'],
  ])("%s is none", (_, text) => {
    expect(readCommand(text)).toBeUndefined();
  });

  test("whatever comes is read or refused, never a fault", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readCommand(text);
      }),
    );
  });
});
