import { expect, test } from "vitest";
import { parse } from "yaml";
import { printJson, printYaml } from "../../../src/config/print.ts";
import { SETTINGS } from "../../../src/config/schema.ts";
import { load, settingsFile } from "./helpers.ts";

test("what is printed is a settings file that gives the same configuration", async () => {
  const first = await load({ flags: { "api.port": "8080", limits: "original" } });
  // But for the users, whose keys are hidden.
  const { users: _users, ...tree } = parse(printYaml(first)) as Record<string, unknown>;
  using file = settingsFile(JSON.stringify(tree));
  const second = await load({ file: file.path });
  expect(second.config).toEqual(first.config);
});

test("each line says where its value is from", async () => {
  const text = printYaml(
    await load({ flags: { "api.port": "8080" }, env: { MERINGUE_LIMITS: "open" } }),
  );
  expect(text).toMatch(/^limits: open # environment$/m);
  expect(text).toMatch(/^ {2}port: 8080 # flag$/m);
  expect(text).toMatch(/^ {2}host: 127\.0\.0\.1 # default$/m);
});

test("secrets are not printed, in no form", async () => {
  const loaded = await load();
  const keys = loaded.config.users.flatMap((user) => user.namespaces.map((space) => space.key));
  expect(keys).toHaveLength(2);
  for (const text of [printYaml(loaded), printJson(loaded)]) {
    for (const key of keys) expect(text).not.toContain(key);
    expect(text).toContain("***");
  }
});

test("every setting is printed", async () => {
  const tree = JSON.parse(printJson(await load())) as Record<string, unknown>;
  for (const { key } of SETTINGS) {
    const value = key
      .split(".")
      .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], tree);
    expect(value, key).toBeDefined();
  }
});
