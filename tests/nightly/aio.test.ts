/**
 * The command line of Adobe I/O with its plugin for OpenWhisk, unmodified, against the built server.
 * MERINGUE_AIO names the folder where it is installed (tests/clients/aio): too large for every run.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { runProgram } from "../helpers/program.ts";
import { waitFor } from "../helpers/wait-for.ts";
import { openWskHome, type WskHome } from "../helpers/wsk.ts";

const { MERINGUE_AIO: folder } = process.env;

/** A call takes seconds: the program is large. */
const SLOW = { timeout: 240_000 };

describe.skipIf(folder === undefined)(
  "aio with its runtime plugin, if it is installed",
  SLOW,
  () => {
    let home: WskHome;
    beforeAll(async () => {
      home = await openWskHome();
      const code = "function main(p) { console.log('said'); return { hello: p.name || 'you' }; }";
      await home.file("hello.js", code);
    });
    afterAll(() => home?.[Symbol.asyncDispose]());

    const run = (line: string) =>
      runProgram(
        process.execPath,
        [join(folder ?? "", "node_modules", ".bin", "aio"), "runtime", ...line.split(" ")],
        {
          cwd: home.folder,
          env: {
            HOME: home.folder,
            CI: "1",
            AIO_RUNTIME_APIHOST: home.host,
            AIO_RUNTIME_AUTH: guestKey,
            AIO_RUNTIME_NAMESPACE: "guest",
            // Else it turns to a service of its vendor.
            USE_RUNTIME_AUTH: "true",
          },
        },
      );

    /** A command line that must succeed; gives what it writes. */
    async function aio(line: string): Promise<string> {
      const { code, stdout, stderr } = await run(line);
      expect({ line, code, said: code === 0 ? "" : stdout + stderr }).toEqual({
        line,
        code: 0,
        said: "",
      });
      return stdout;
    }

    test("names the namespace and the platform", async () => {
      expect(await aio("namespace list")).toContain("guest");
      expect(await aio("property get")).toMatch(/whisk API build version +meringue/);
    });

    test("actions: create, list, get, invoke, update", async () => {
      await aio("action create hello hello.js");
      expect(await aio("action list")).toMatch(/private +nodejs:20 +0\.0\.1 +hello/);
      expect(JSON.parse(await aio("action invoke hello -r -b -p name Ada"))).toEqual({
        hello: "Ada",
      });
      await aio("action update hello hello.js --web true");
      const url = (await aio("action get hello --url")).trim();
      expect(url).toBe(`${home.host}/api/v1/web/guest/default/hello`);
      expect(await (await fetch(`${url}.json`)).json()).toEqual({ hello: "you" });
      const missing = await run("action get missing");
      expect(missing.code).not.toBe(0);
      expect(missing.stderr).toContain("404 Not Found");
    });

    test("sequences", async () => {
      await aio("action create twice --sequence hello,hello");
      expect(JSON.parse(await aio("action invoke twice -r -b"))).toEqual({ hello: "you" });
    });

    test("packages and bindings", async () => {
      await aio("package create pack");
      await aio("package bind /whisk.system/utils tools");
      expect(await aio("package list")).toContain("tools");
      expect(JSON.parse(await aio("action invoke tools/echo -r -b -p a b"))).toEqual({ a: "b" });
    });

    test("a feed, a rule, a fire", async () => {
      await aio("trigger create every --feed /whisk.system/alarms/interval -p minutes 5");
      const feed = JSON.parse((await home.wsk("trigger", "get", "every")).stdout);
      expect(feed).toMatchObject({ response: { result: { config: { minutes: 5 } } } });
      await aio("rule create link every hello");
      expect(JSON.parse(await aio("rule get link"))).toMatchObject({ status: "active" });
      await aio("trigger fire every -p name rule");
      await waitFor("the run behind the rule", async () =>
        /success +nodejs:20 +\S+ +[0-9a-f]{32} .* hello/.test(
          await aio("activation list --limit 1"),
        ),
      );
      expect(JSON.parse(await aio("activation result --last"))).toMatchObject({
        result: { hello: "rule" },
      });
      expect(await aio("activation logs --last")).toContain("said");
    });

    test("deletes", async () => {
      for (const name of ["rule delete link", "trigger delete every", "package delete tools"]) {
        await aio(name);
      }
      for (const name of ["package delete pack", "action delete twice", "action delete hello"]) {
        await aio(name);
      }
      expect((await home.wsk("list")).stdout).not.toContain("/guest/");
    });
  },
);
