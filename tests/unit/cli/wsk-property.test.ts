// `wsk property` and the property file (wsk-cli 2).
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { effectiveProperties, parseProperties } from "../../../src/cli/wsk/properties.ts";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

test("lines that are not KEY=VALUE do not count, blanks belong to the value", () => {
  const text = "APIHOST=h # comment\nAUTH = x\nKEY=a=b\n#CERT=c\n\nFOO=bar";
  expect(Object.fromEntries(parseProperties(text))).toEqual({
    APIHOST: "h",
    "AUTH ": " x",
    FOO: "bar",
  });
});

test("environment overrides the file, flags override both, empty values override nothing", () => {
  const file = new Map([
    ["APIHOST", "file/"],
    ["AUTH", "file:key"],
  ]);
  const env = { WHISK_APIHOST: "env/", WHISK_AUTH: "" };
  expect(effectiveProperties(file, {}, () => "")).toMatchObject({
    apiHost: "file",
    auth: "file:key",
    apiVersion: "v1",
  });
  expect(effectiveProperties(file, env, () => "")).toMatchObject({
    apiHost: "env/",
    auth: "file:key",
  });
  const flag = (name: string): string => (name === "auth" ? "flag:key" : "");
  expect(effectiveProperties(file, env, flag)).toMatchObject({ auth: "flag:key" });
});

test("set says what it has set, in its own order, and keeps the rest of the file", async () => {
  using session = openSession();
  session.file(".wskprops", "FOO=bar\nAUTH=old\n");
  const ran = await session.run(
    "property",
    "set",
    "--apihost",
    "h:1",
    "-u",
    "a:b",
    "--apiversion",
    "v2",
  );
  expect(ran).toEqual({
    code: 0,
    out:
      "ok: whisk auth set. Run 'wsk property get --auth' to see the new value.\n" +
      "ok: whisk API host set to h:1\n" +
      "ok: whisk API version set to v2\n",
    err: "",
  });
  const written = readFileSync(join(session.folder, ".wskprops"), "utf8").split("\n").sort();
  expect(written).toEqual(["", "APIHOST=h:1", "APIVERSION=v2", "AUTH=a:b", "FOO=bar"]);
});

test("a new property file can be read by its owner only", async () => {
  using session = openSession();
  await session.run("property", "set", "--auth", "a:b");
  expect(statSync(join(session.folder, ".wskprops")).mode & 0o777).toBe(0o600);
});

test("unset removes what it is told", async () => {
  using session = openSession();
  session.file(".wskprops", "APIHOST=h\nAUTH=a:b\nAPIVERSION=v2\n");
  const { out } = await session.run("property", "unset", "--auth", "--apiversion");
  expect(out).toBe(
    "ok: whisk auth unset.\nok: whisk API version unset; the default value of v1 will be used.\n",
  );
  expect(readFileSync(join(session.folder, ".wskprops"), "utf8")).toBe("APIHOST=h\n");
});

test("get asks the platform for namespace and build", async () => {
  await using recorder = await startRecorder(
    { body: ["guest"] },
    { body: { build: "b1", buildno: "42" } },
  );
  using session = openSession(recorder);
  const { code, out } = await session.run("property", "get");
  expect(code).toBe(0);
  expect(out.replace(/(CLI version\t).*/, "$1V")).toBe(
    `whisk API host\t\t${recorder.host}\nwhisk auth\t\tu:k\nwhisk namespace\t\tguest\n` +
      "client cert\t\t\nClient key\t\t\nwhisk API version\tv1\nwhisk CLI version\tV\n" +
      "whisk API build\t\tb1\nwhisk API build number\t42\n",
  );
  expect(recorder.asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["/api/v1/namespaces", "Basic dTpr"],
    ["/api/v1", undefined],
  ]);
});

test("get of known properties needs no platform", async () => {
  using session = openSession();
  session.file(".wskprops", "AUTH=a:b\n");
  expect(await session.run("property", "get", "--auth")).toEqual({
    code: 0,
    out: "whisk auth\t\ta:b\n",
    err: "",
  });
  expect((await session.run("property", "get", "--auth", "-o", "raw")).out).toBe("a:b\n");
  expect(await session.run("property", "get", "-u", "x")).toMatchObject({
    code: 1,
    err: "unknown shorthand flag: 'u' in -u\n",
  });
});

test("a build that cannot be had is Unknown, and an error", async () => {
  await using recorder = await startRecorder({ status: 404, body: { error: "no", code: "t" } });
  using session = openSession(recorder);
  expect(await session.run("property", "get", "--apibuild")).toEqual({
    code: 148,
    out: "whisk API build\t\tUnknown\n",
    err: "error: Unable to obtain API build information: no (code t)\n",
  });
});

test("without a host commands say so", async () => {
  using session = openSession();
  expect(await session.run("action", "list")).toEqual({
    code: 1,
    out: "",
    err: `error: The API host is not valid: An API host must be provided.\n\n${USAGE}`,
  });
});

test("an empty WSK_CONFIG_FILE means no file, and none to write", async () => {
  using session = openSession(undefined, { env: { WSK_CONFIG_FILE: "" } });
  expect(await session.run("property", "set", "--auth", "a:b")).toEqual({
    code: 1,
    out: "",
    err: "error: Unable to set the property value(s): Whisk properties file write failure: open : no such file or directory\n",
  });
});

test("a certificate needs its key", async () => {
  await using recorder = await startRecorder();
  using session = openSession(recorder);
  const cert = session.file("cert.pem", "");
  expect(await session.run("property", "set", "--cert", cert)).toMatchObject({
    code: 1,
    err: `error: Unable to initialize server connection: The Key file is not configured. Please configure the missing Key file.\n\n${USAGE}`,
  });
  expect((await session.run("-i", "property", "set", "--cert", cert, "-u", "a:b")).code).toBe(0);
});
