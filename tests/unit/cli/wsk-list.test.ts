// Lists and sorting (wsk-cli 4.5, 5, 10).
import { expect, test } from "vitest";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

const EXEC = [{ key: "exec", value: "nodejs:20" }];
const entity = (name: string, more: object = {}): object => ({ namespace: "guest", name, ...more });
const row = (path: string, rest: string): string => `${path.padEnd(70)} ${rest}\n`;

test("actions are shown in the order of the platform", async () => {
  const long = "a".repeat(80);
  await using recorder = await startRecorder({
    body: [entity("b", { annotations: EXEC }), entity(long)],
  });
  using session = openSession(recorder);
  expect(await session.run("action", "list")).toEqual({
    code: 0,
    out: `actions\n${row("/guest/b", "private nodejs:20")}/guest/${long} private \n`,
    err: "",
  });
  expect(recorder.asked[0]?.url).toBe("/api/v1/namespaces/_/actions?limit=30&skip=0");
});

test("sorted, those outside packages come first and with regard to case", async () => {
  const packaged = (name: string) => ({ namespace: "guest/Pk", name });
  await using recorder = await startRecorder({
    body: [packaged("Z"), entity("b"), packaged("a"), entity("C"), entity("a")],
  });
  using session = openSession(recorder);
  const { out } = await session.run("action", "list", "-n");
  expect(out.split("\n").map((line) => line.split(" ")[0])).toEqual([
    "actions",
    "/guest/C",
    "/guest/a",
    "/guest/b",
    "/guest/Pk/a",
    "/guest/Pk/Z",
    "",
  ]);
});

test.for([
  ["/ns", "/api/v1/namespaces/ns/actions?limit=30&skip=0"],
  ["pkg", "/api/v1/namespaces/_/actions/pkg/?limit=30&skip=0"],
  ["/ns/p q", "/api/v1/namespaces/ns/actions/p%20q/?limit=30&skip=0"],
])("action list %s asks for %s", async ([name = "", url]) => {
  await using recorder = await startRecorder({ body: [] });
  using session = openSession(recorder);
  expect((await session.run("action", "list", name)).out).toBe("actions\n");
  expect(recorder.asked[0]?.url).toBe(url);
});

test("what follows two dashes is no flag", async () => {
  await using recorder = await startRecorder({ body: [] });
  using session = openSession(recorder);
  await session.run("action", "list", "-l", "1", "--", "-n");
  expect(recorder.asked[0]?.url).toBe("/api/v1/namespaces/_/actions/-n/?limit=1&skip=0");
});

test("a body of another shape is an empty list", async () => {
  await using recorder = await startRecorder({ body: { a: 1 } });
  using session = openSession(recorder);
  expect(await session.run("action", "list")).toEqual({ code: 0, out: "actions\n", err: "" });
});

test("all entities: four calls, and one for every rule", async () => {
  await using recorder = await startRecorder(
    { body: [entity("act", { annotations: EXEC })] },
    { body: [entity("pk", { publish: true }), entity("Ab", { publish: false })] },
    { body: [entity("t")] },
    { body: [entity("r2"), entity("r1")] },
    { body: entity("r2", { status: "inactive" }) },
    { body: entity("r1", { status: "active" }) },
  );
  using session = openSession(recorder);
  const { code, out } = await session.run("list", "-n");
  expect(code).toBe(0);
  expect(out).toBe(
    `Entities in namespace: default\npackages\n${row("/guest/Ab", "private")}${row("/guest/pk", "shared")}` +
      `actions\n${row("/guest/act", "private nodejs:20")}triggers\n${row("/guest/t", "private")}` +
      `rules\n${row("/guest/r1", `${"private".padEnd(20)} active`)}${row("/guest/r2", `${"private".padEnd(20)} inactive`)}`,
  );
  expect(recorder.asked.map(({ url }) => url.replace("/api/v1/namespaces/_/", ""))).toEqual([
    "actions?limit=0&skip=0",
    "packages?limit=0&skip=0",
    "triggers?limit=0&skip=0",
    "rules?limit=0&skip=0",
    "rules/r2",
    "rules/r1",
  ]);
});

test("a rule without status ends the list on both streams", async () => {
  const missing = { status: 404, body: { error: "gone", code: "t" } };
  const empty = { body: [] };
  await using recorder = await startRecorder(empty, empty, empty, { body: [entity("r")] }, missing);
  using session = openSession(recorder);
  const text = "Unable to get status of rule 'r': gone (code t)\n";
  expect(await session.run("namespace", "get")).toEqual({
    code: 148,
    out: text,
    err: `error: ${text}`,
  });
});

test("namespaces, and the arguments they do not take", async () => {
  await using recorder = await startRecorder({ body: ["guest", "other"] });
  using session = openSession(recorder);
  expect((await session.run("namespace", "list")).out).toBe("namespaces\nguest\nother\n");
  expect(await session.run("namespace", "get", "x")).toMatchObject({
    code: 1,
    err: `error: Invalid argument(s): x. No arguments are required.\n${USAGE}`,
  });
});

test("on a terminal the header is bold together with its line break", async () => {
  await using recorder = await startRecorder({ body: [entity("b")] });
  using session = openSession(recorder, { isColored: true });
  const { out } = await session.run("action", "list");
  expect(out.startsWith("\u001b[1mactions\n\u001b[0m/guest/b ")).toBe(true);
});
