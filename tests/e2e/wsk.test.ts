/** The built client against the built server, through `bin/wsk`, as in the user documents. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wskBin } from "../helpers/platform.ts";
import { cleanEnv } from "../helpers/program.ts";
import { openWskHome, type WskHome } from "../helpers/wsk.ts";

const HELLO =
  "function main(args) { console.log('said hello'); return { payload: 'Hello, ' + args.name + '!' }; }";

let home: WskHome;
const wsk: WskHome["wsk"] = (...args) => home.wsk(...args);
const bash: WskHome["bash"] = (...args) => home.bash(...args);

beforeAll(async () => {
  home = await openWskHome();
  await home.file("hello.js", HELLO);
});

afterAll(() => home[Symbol.asyncDispose]());

test("properties come back, with the platform's own", async () => {
  expect((await wsk("property", "get", "--apihost", "-o", "raw")).stdout).toBe(`${home.host}\n`);
  const { code, stdout } = await wsk("property", "get");
  expect(code).toBe(0);
  expect(stdout).toContain("whisk namespace\t\tguest\n");
  expect(stdout).toMatch(/whisk API build\t\t\S.*\n/);
});

test("an action lives: create, invoke, read, update, list, delete", async () => {
  expect(await wsk("action", "create", "hello", "hello.js")).toMatchObject({
    code: 0,
    stdout: "ok: created action hello\n",
  });
  const again = await wsk("action", "create", "hello", "hello.js");
  expect(again.code).toBe(153);
  expect(again.stderr).toMatch(
    /^error: Unable to create action 'hello': resource already exists \(code \w+\)\n/,
  );

  const invoked = await wsk("-i", "action", "invoke", "hello", "-p", "name", "World", "--result");
  expect(invoked).toEqual({
    code: 0,
    stdout: '{\n    "payload": "Hello, World!"\n}\n',
    stderr: "",
  });

  const updated = await wsk("action", "update", "hello", "-p", "name", "Ada", "-m", "128");
  expect(updated.stdout).toBe("ok: updated action hello\n");
  expect((await wsk("action", "get", "hello", "limits")).stdout).toContain('"memory": 128');
  expect((await wsk("action", "get", "hello", "version")).stdout).toContain('"0.0.2"');
  expect((await wsk("action", "invoke", "hello", "-r")).stdout).toContain("Hello, Ada!");

  expect((await wsk("action", "get", "hello", "--save-as", "copy.js")).code).toBe(0);
  expect((await bash("cmp hello.js copy.js")).code).toBe(0);

  const row = `${"/guest/hello".padEnd(70)} private nodejs:`;
  for (const list of [
    ["-i", "list"],
    ["action", "list"],
    ["namespace", "get", "-n"],
  ]) {
    const ran = await wsk(...list);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain(`actions\n${row}`);
  }

  expect((await wsk("action", "delete", "hello")).stdout).toBe("ok: deleted action hello\n");
  const gone = await wsk("action", "get", "hello");
  expect(gone.code).toBe(148);
  expect(gone.stderr).toContain(
    "Unable to get action 'hello': The requested resource does not exist. (code ",
  );
});

test("code comes through a process substitution and standard input", async () => {
  const ready = 'function main(){return {"ready":true}}';
  const updated = await bash(`wsk action update test <(echo '${ready}') --kind nodejs:14`);
  expect(updated).toMatchObject({ code: 0, stdout: "ok: updated action test\n", stderr: "" });
  expect((await wsk("action", "invoke", "test", "-r")).stdout).toBe('{\n    "ready": true\n}\n');

  const piped = await bash("wsk action create piped - --kind nodejs:default", HELLO);
  expect(piped).toMatchObject({ code: 0, stdout: "ok: created action piped\n" });
  const { stdout } = await wsk("action", "invoke", "piped", "-r", "-p", "name", "pipe");
  expect(stdout).toContain("Hello, pipe!");
});

test("code comes as a zip", async () => {
  const archive = zipSync({ "index.js": strToU8(`exports.main = ${HELLO}`) });
  await home.file("a.zip", archive);
  const refused = await wsk("action", "create", "zipped", "a.zip");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("requires specifying the action kind explicitly");
  const created = await wsk("action", "create", "zipped", "a.zip", "--kind", "nodejs:default");
  expect(created).toMatchObject({ code: 0, stderr: "" });
  const { stdout } = await wsk("action", "invoke", "zipped", "-r", "-p", "name", "zip");
  expect(stdout).toContain("Hello, zip!");
});

test("activations can be listed, read, and watched", async () => {
  await wsk("action", "update", "spoken", "hello.js");
  const blocking = await wsk("action", "invoke", "spoken", "-b", "-p", "name", "log");
  expect(blocking.stdout).toMatch(
    /^ok: invoked \/_\/spoken with id [0-9a-f]{32}\n\{\n {4}"activationId"/,
  );
  const id = /[0-9a-f]{32}/.exec(blocking.stdout)?.[0] ?? "";

  await expect
    .poll(async () => (await wsk("activation", "list", "spoken")).stdout, { timeout: 30_000 })
    .toMatch(new RegExp(`${id} nodejs:\\d+ +(cold|warm) +\\S+ +success +guest/spoken:0.0.1`));
  expect((await wsk("activation", "logs", id, "--strip")).stdout).toBe("said hello\n");
  expect((await wsk("activation", "result", id)).stdout).toContain('"payload": "Hello, log!"');
  expect((await wsk("activation", "get", id, "statusCode")).stdout).toContain("\n0\n");
  const polled = await wsk("activation", "poll", "spoken", "--since-minutes", "5", "--exit", "1");
  expect(polled.code).toBe(0);
  expect(polled.stdout).toContain(`\nActivation: 'spoken' (${id})\n[\n`);
});

test("a failing action ends with 246 and says everything on standard error", async () => {
  await bash(
    "wsk action update broken - --kind nodejs:default",
    "const main = () => ({ error: 'no' });",
  );
  expect(await wsk("action", "invoke", "broken", "-r")).toEqual({
    code: 246,
    stdout: "",
    stderr: '{\n    "error": "no"\n}\n',
  });
  const { code, stdout, stderr } = await wsk("action", "invoke", "broken", "-b");
  expect([code, stdout]).toEqual([246, ""]);
  expect(stderr).toMatch(/^ok: invoked \/_\/broken with id [0-9a-f]{32}\n\{/);
});

test("output that cannot be written ends in one line, a closed pipe in none", async () => {
  const full = await bash("wsk action --help > /dev/full");
  expect([full.code, full.stdout]).toEqual([1, ""]);
  expect(full.stderr).toMatch(/^error: Unable to write the output: .*\n$/);
  const closed = await bash("exec 3> >(exec true); wait $!; wsk action --help >&3");
  expect(closed).toEqual({ code: 141, stdout: "", stderr: "" });
});

test("polling ends with 1 on Ctrl-C", async () => {
  const child = spawn(wskBin, ["activation", "poll"], { env: cleanEnv({ HOME: home.folder }) });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line);
    if (line === "Polling for activation logs") child.kill("SIGINT");
  });
  const [[code]] = await Promise.all([once(child, "exit"), once(lines, "close")]);
  expect(code).toBe(1);
  expect(said).toEqual(["Enter Ctrl-c to exit.", "Polling for activation logs", "Poll terminated"]);
});

test("a wrong key ends with 145", async () => {
  const { code, stderr } = await wsk("action", "list", "-u", "nobody:nothing");
  expect(code).toBe(145);
  expect(stderr).toMatch(/^error: Unable to obtain the list of actions for namespace 'default': /);
});
