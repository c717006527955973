/** The built client against the built server: packages, sequences, triggers, rules, feeds. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWskHome, type WskHome } from "../helpers/wsk.ts";

let home: WskHome;
const wsk: WskHome["wsk"] = (...args) => home.wsk(...args);

beforeAll(async () => {
  home = await openWskHome();
  await home.file("echo.js", "exports.main = (args) => ({ ...args, seen: true });");
  // What it was told is what it answers; it refuses triggers called "bad".
  await home.file(
    "feed.js",
    "exports.main = (args) => args.fail ? { error: 'no such ' + args.fail } : args;",
  );
});

afterAll(() => home[Symbol.asyncDispose]());

/** Runs commands that must succeed; gives what the last one printed. */
async function all(...lines: readonly string[]): Promise<string> {
  let last = "";
  for (const line of lines) {
    const ran = await wsk(...line.split(" "));
    expect({ line, ...ran }).toMatchObject({ code: 0, stderr: "" });
    last = ran.stdout;
  }
  return last;
}

test("a package lives: create, fill, bind, read, update, list, delete", async () => {
  expect(await all("package create pk -p color red -a description paints --shared yes")).toBe(
    "ok: created package pk\n",
  );
  expect(await all('action create pk/echo echo.js -p size 1 -a parameters [{"name":"size"}]')).toBe(
    "ok: created action pk/echo\n",
  );
  expect(await all("package bind /guest/pk bound -p color blue")).toBe(
    "ok: created binding bound\n",
  );
  const said = await all("action invoke bound/echo -r -p shape round");
  expect(JSON.parse(said)).toEqual({ color: "blue", size: 1, shape: "round", seen: true });

  expect(await all("package get pk --summary")).toBe(
    "package /guest/pk: paints\n   (parameters: *color)\n" +
      " action /guest/pk/echo: Returns a result based on parameter size\n   (parameters: size)\n",
  );
  expect(await all("package get bound binding")).toBe(
    'ok: got package bound, displaying field binding\n{\n    "namespace": "guest",\n    "name": "pk"\n}\n',
  );
  expect(await all("package update pk --shared no")).toBe("ok: updated package pk\n");
  expect(await all("package list -n")).toBe(
    `packages\n${"/guest/bound".padEnd(70)} private\n${"/guest/pk".padEnd(70)} private\n`,
  );
  expect(await all("action list pk")).toMatch(/^actions\n\/guest\/pk\/echo +private nodejs:\d+\n$/);
  expect(await all("list")).toMatch(
    /\npackages\n(\/guest\/\w+ +private\n){2}actions\n\/guest\/pk\/echo /,
  );

  const full = await wsk("package", "delete", "pk");
  expect(full.code).toBe(153);
  expect(full.stderr).toMatch(/^error: Unable to delete package 'pk': .+ \(code \w+\)\n$/);
  expect(await all("package delete bound", "action delete pk/echo", "package delete pk")).toBe(
    "ok: deleted package pk\n",
  );
});

test("a sequence runs, is copied, and cannot be saved", async () => {
  await all(
    "action create one echo.js -p one 1",
    "action create two echo.js -p two 2",
    "action create both one,/guest/two --sequence",
    "action create copied both --copy",
  );
  for (const name of ["both", "copied"]) {
    expect(JSON.parse(await all(`action invoke ${name} -r`))).toEqual({
      one: 1,
      two: 2,
      seen: true,
    });
  }
  const { code, stderr } = await wsk("action", "get", "both", "--save");
  expect([code, stderr.split("\n")[0]]).toEqual([2, "error: Cannot save action sequences"]);
  await all("action create twin one --copy -p more 3");
  expect(JSON.parse(await all("action invoke twin -r"))).toMatchObject({ one: 1, more: 3 });
  await all(...["both", "copied", "twin", "one", "two"].map((name) => `action delete ${name}`));
});

test("a trigger fires its rule until it is disabled", async () => {
  await all("action create heard echo.js", "trigger create bell -p tone high");
  expect(await all("rule create wire bell heard")).toBe("ok: created rule wire\n");
  expect(await all("rule status wire")).toBe("ok: rule wire is active\n");
  expect(await all("rule list")).toBe(
    `rules\n${"/guest/wire".padEnd(70)} ${"private".padEnd(20)} active\n`,
  );
  expect(await all("trigger get bell rules")).toContain('"guest/wire": {');

  const fired = await all("trigger fire bell -p times 2");
  expect(fired).toMatch(/^ok: triggered \/_\/bell with id [0-9a-f]{32}\n$/);
  await expect
    .poll(async () => (await wsk("activation", "list", "heard")).stdout, { timeout: 30_000 })
    .toContain("guest/heard:0.0.1");
  expect(JSON.parse(await all("activation result --last"))).toMatchObject({ times: 2 });

  await all("rule disable wire");
  expect(await all("rule get wire --summary")).toBe("rule /guest/wire\n   (status: inactive)\n");
  expect(await all("trigger fire bell")).toBe("ok: triggered /_/bell with id \n");
  await all("rule enable wire", "rule update wire bell /guest/heard");
  expect(await all("rule delete wire --disable")).toBe("ok: deleted rule wire\n");
  expect(await all("trigger get bell --summary")).toBe(
    "trigger /guest/bell: Returns a result based on parameter tone\n   (parameters: *tone)\n",
  );
  await all("trigger delete bell", "action delete heard");
  const gone = await wsk("rule", "get", "wire");
  expect(gone.code).toBe(148);
  expect(gone.stderr).toMatch(/^error: Unable to get rule 'wire': .+ \(code \w+\)\nRun 'wsk/);
});

test("a feed hears of its trigger's whole life", async () => {
  await all("package create events", "action create events/feed feed.js -a feed true");
  const told = (text: string): unknown => {
    const json = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
    return (JSON.parse(json) as { response: { result: unknown } }).response.result;
  };
  const created = await all("trigger create tick --feed events/feed -F every hour -T own kept");
  expect(created).toMatch(/^ok: invoked \/_\/events\/feed with id [0-9a-f]{32}\n\{/);
  expect(created).toMatch(/\}\nok: created trigger tick\n$/);
  expect(told(created)).toMatchObject({
    lifecycleEvent: "CREATE",
    triggerName: "/_/tick",
    every: "hour",
    authKey: expect.stringMatching(/^[-\w]+:\w+$/),
  });
  const updated = await all("trigger update tick -p every day");
  expect(told(updated)).toMatchObject({ lifecycleEvent: "UPDATE", every: "day" });
  expect(updated).toMatch(/\}\nok: updated trigger tick\n$/);
  expect(told(await all("trigger get tick"))).toMatchObject({ lifecycleEvent: "READ" });
  const deleted = await all("trigger delete tick");
  expect(told(deleted)).toMatchObject({ lifecycleEvent: "DELETE" });
  expect(deleted).toMatch(/\}\nok: deleted trigger tick\n$/);

  const failed = await wsk("trigger", "create", "tick", "-f", "events/feed", "-p", "fail", "clock");
  expect(failed.code).toBe(246);
  expect(failed.stderr).toContain('"error": "no such clock"');
  expect(failed.stdout).toContain("ok: deleted trigger tick\n");
  expect((await wsk("trigger", "get", "tick")).code).toBe(148);
  await all("action delete events/feed", "package delete events");
});
