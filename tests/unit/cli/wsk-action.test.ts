// `wsk action`: what is sent, what is printed, how it ends (wsk-cli 4).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Scripted, startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

const REFUSED = { status: 400, body: { error: "bad thing", code: "tid1" } };
const KIND_NEEDED =
  "creating an action from a .zip artifact requires specifying the action kind explicitly";

describe("create and update", () => {
  test.for([
    ["a.js", [], { kind: "nodejs:default", code: "body" }],
    ["a.py", [], { kind: "python:default", code: "body" }],
    ["a.js", ["--kind", "nodejs:14"], { kind: "nodejs:14", code: "body" }],
    ["a.jar", ["--main", "M"], { kind: "java:default", code: "Ym9keQ==", main: "M" }],
    ["a.zip", ["--kind", "nodejs:20"], { kind: "nodejs:20", code: "Ym9keQ==" }],
    ["noext", ["--kind", "python:3"], { kind: "python:3", code: "body" }],
  ] as const)("%s %j is sent as %j", async ([name, flags, exec]) => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    const file = session.file(name, "body");
    const ran = await session.run("action", "create", "/ns/pk/h", file, ...flags);
    expect(ran).toEqual({ code: 0, out: "ok: created action pk/h\n", err: "" });
    const [asked] = recorder.asked;
    expect(asked).toMatchObject({
      method: "PUT",
      url: "/api/v1/namespaces/ns/actions/pk/h?overwrite=false",
    });
    expect(JSON.parse(asked?.body ?? "")).toEqual({ namespace: "ns", name: "pk/h", exec });
    expect(asked?.body.at(-1)).toBe("\n");
    expect(asked?.headers).toMatchObject({
      authorization: "Basic dTpr",
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(asked?.body ?? "")),
      "user-agent": expect.stringMatching(/^OpenWhisk-CLI\/1\.0 \(\S+\) \w+ \w+$/),
    });
  });

  test("members keep their order and limits are sent only when given", async () => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    const file = session.file("a.js", "x");
    const flags = [
      "-p",
      "b",
      "1.0",
      "-a",
      "z",
      "yes",
      "-c",
      "5",
      "-l",
      "0",
      "-m",
      "128",
      "-t",
      "100",
    ];
    await session.run("action", "create", "h", file, ...flags);
    expect(recorder.asked[0]?.body).toBe(
      '{"namespace":"_","name":"h","exec":{"kind":"nodejs:default","code":"x"},' +
        '"annotations":[{"key":"z","value":"yes"}],"parameters":[{"key":"b","value":1.0}],' +
        '"limits":{"timeout":100,"memory":128,"logs":0,"concurrency":5}}\n',
    );
  });

  test("update reads first, needs no code, and can delete annotations", async () => {
    await using recorder = await startRecorder({ status: 404, body: REFUSED.body }, {});
    using session = openSession(recorder);
    const ran = await session.run("action", "update", "h", "--del-annotation", "a,b");
    expect(ran).toEqual({ code: 0, out: "ok: updated action h\n", err: "" });
    expect(recorder.asked.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["GET", "/api/v1/namespaces/_/actions/h?code=false", ""],
      [
        "PUT",
        "/api/v1/namespaces/_/actions/h?overwrite=true",
        '{"namespace":"_","name":"h","delAnnotations":["a,b"]}\n',
      ],
    ]);
  });

  test("standard input and archives without a name are code too", async () => {
    await using recorder = await startRecorder();
    const zip = Buffer.from("PK\u0003\u0004\u00ff", "latin1");
    using session = openSession(recorder, { stdin: async () => zip });
    await session.run("action", "create", "h", "-", "--kind", "nodejs:20");
    const { exec } = JSON.parse(recorder.asked[0]?.body ?? "") as { exec: { code: string } };
    expect(Buffer.from(exec.code, "base64")).toEqual(zip);
    expect(await session.run("action", "create", "h", "-")).toMatchObject({
      code: 2,
      err: `error: Invalid argument(s). '' is not a supported action runtime\n${USAGE}`,
    });
  });

  test.for([
    [["h"], 2, "Invalid argument(s). An action name and code artifact are required."],
    [[], 1, "Invalid argument(s). An action name and code artifact are required."],
    [
      ["h", "f", "g", "i"],
      1,
      "Invalid argument(s): g, i. An action name and code artifact are required.",
    ],
    [
      ["h", "no.js"],
      2,
      "Invalid argument(s). File 'no.js' is not a valid file or it does not exist",
    ],
    [
      ["h", "/dev"],
      1,
      "Invalid argument(s). Unable to read the file '/dev': read /dev: is a directory",
    ],
    [
      ["/a//b", "x"],
      1,
      "Invalid argument(s). '/a//b' is not a valid qualified name: A valid qualified name must be specified.",
    ],
  ] as const)("create %j is refused", async ([args, code, text]) => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    const err = `error: ${text}\n${USAGE}`;
    expect(await session.run("action", "create", ...args)).toEqual({ code, out: "", err });
    expect(recorder.asked).toHaveLength(0);
  });

  test.for([
    ["a.zip", [], KIND_NEEDED],
    ["a.JS", [], "'.JS' is not a supported action runtime"],
    [
      "a.jar",
      ["--kind", "java"],
      "Java actions require --main to specify the fully-qualified name of the main class",
    ],
  ] as const)("%s %j is no code", async ([name, flags, text]) => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    const ran = await session.run("action", "create", "h", session.file(name, "x"), ...flags);
    expect(ran).toEqual({ code: 2, out: "", err: `error: Invalid argument(s). ${text}\n${USAGE}` });
  });

  test("a refusal says create, also for an update", async () => {
    await using recorder = await startRecorder({}, REFUSED);
    using session = openSession(recorder);
    expect(await session.run("action", "update", "h")).toEqual({
      code: 144,
      out: "",
      err: `error: Unable to create action 'h': bad thing (code tid1)\n${USAGE}`,
    });
  });
});

describe("answers that are errors", () => {
  test.for([
    [401, { error: "no", code: 7 }, 145, "no (code 7)"],
    [409, { error: { b: 2, a: [1, null] }, code: "t" }, 153, "map[a:[1 <nil>] b:2] (code t)"],
    [503, "<html>", 247, "The connection failed, or timed out. (HTTP status code 503)"],
    [400, { error: "x" }, 144, "The connection failed, or timed out. (HTTP status code 400)"],
    [502, { foo: 1 }, 246, "The connection failed, or timed out. (HTTP status code 502)"],
  ] as const)("%i %j ends with %i", async ([status, body, code, text]) => {
    await using recorder = await startRecorder({ status, body });
    using session = openSession(recorder);
    expect(await session.run("action", "delete", "h")).toEqual({
      code,
      out: "",
      err: `error: Unable to delete action 'h': ${text}\n${USAGE}`,
    });
  });

  test("no answer ends with 3", async () => {
    using session = openSession();
    const host = "http://127.0.0.1:1";
    const ran = await session.run("action", "delete", "h", "--apihost", host, "-u", "a:b");
    expect(ran).toEqual({
      code: 3,
      out: "",
      err: `error: Unable to delete action 'h': Delete "${host}/api/v1/namespaces/_/actions/h": dial tcp 127.0.0.1:1: connect: connection refused\n${USAGE}`,
    });
  });

  test("no key ends with 2 and asks nobody", async () => {
    await using recorder = await startRecorder();
    using session = openSession();
    expect(await session.run("action", "delete", "h", "--apihost", recorder.host)).toEqual({
      code: 2,
      out: "",
      err: `error: Unable to delete action 'h': Unable to create HTTP request for DELETE 'actions/h': Unable to add the HTTP authentication header: Authorization key is not configured (--auth is required)\n${USAGE}`,
    });
    expect(recorder.asked).toHaveLength(0);
  });
});

const ID = "0123456789abcdef0123456789abcdef";
const ACTIVATION =
  '{"name":"h","activationId":"ID","response":{"success":true,"result":{"n":1.0}}}';
const FAILED = {
  status: 502,
  body: { activationId: ID, response: { status: "application error", success: false } },
};

test.for<[string, readonly string[], Scripted, number, string, string]>([
  [
    "id",
    [],
    { status: 202, body: { activationId: ID } },
    0,
    `ok: invoked /_/h with id ${ID}\n`,
    "",
  ],
  [
    "activation",
    ["-b"],
    { body: ACTIVATION },
    0,
    'ok: invoked /_/h with id ID\n{\n    "activationId": "ID",\n    "name": "h",\n    "response": {\n        "result": {\n            "n": 1.0\n        },\n        "success": true\n    }\n}\n',
    "",
  ],
  ["result", ["-r"], { body: '{"b":1e3,"a":{}}' }, 0, '{\n    "a": {},\n    "b": 1e3\n}\n', ""],
  ["array result", ["-br"], { body: "[1,2.50]" }, 0, "[\n    1,\n    2.50\n]\n", ""],
  [
    "result like an activation",
    ["-r"],
    { body: '{"response":1}' },
    0,
    '{\n    "response": 1\n}\n',
    "",
  ],
  [
    "result with a response",
    ["-r"],
    { body: '{"response":{}}' },
    0,
    '{\n    "response": {}\n}\n',
    "",
  ],
  ["empty result", ["-r"], { body: "" }, 0, "null\n", ""],
  [
    "unfinished",
    ["-b"],
    { status: 202, body: { activationId: ID } },
    202,
    "",
    `ok: invoked /_/h, but the request has not yet finished, with id ${ID}\n`,
  ],
  [
    "failed action",
    ["-b"],
    FAILED,
    246,
    "",
    `ok: invoked /_/h with id ${ID}\n{\n    "activationId": "${ID}",\n    "response": {\n        "status": "application error",\n        "success": false\n    }\n}\n`,
  ],
  [
    "failed result",
    ["-r"],
    { status: 502, body: { error: "boom" } },
    246,
    "",
    '{\n    "error": "boom"\n}\n',
  ],
  [
    "failure with status 200",
    ["-b"],
    { body: { response: { success: false } } },
    200,
    "",
    `error: Unable to invoke action 'h': The connection failed, or timed out. (HTTP status code 200)\n${USAGE}`,
  ],
  [
    "missing action",
    ["-b"],
    { status: 404, body: { error: "not there", code: "t" } },
    148,
    "",
    `error: Unable to invoke action 'h': not there (code t)\n${USAGE}`,
  ],
])("invoke: %s", async ([, flags, answer, code, out, err]) => {
  await using recorder = await startRecorder(answer);
  using session = openSession(recorder);
  expect(await session.run("action", "invoke", "h", ...flags)).toEqual({ code, out, err });
  const blocking = flags.length > 0;
  const result = flags.join("").includes("r");
  expect(recorder.asked[0]).toMatchObject({
    method: "POST",
    url: `/api/v1/namespaces/_/actions/h?blocking=${blocking}&result=${result}`,
    body: "{}\n",
  });
});

const RECORD =
  '{"updated":1700000000123,"name":"h","namespace":"guest","publish":false,"version":"0.0.1","extra":1,' +
  '"exec":{"kind":"nodejs:20","binary":false,"code":"let x;"},"annotations":[],' +
  '"parameters":[{"key":"p","value":{"b":1.0,"a":"<\\u2028>"},"init":true}],' +
  '"limits":{"timeout":60000,"memory":256,"logs":10,"concurrency":1}}';

describe("get", () => {
  test("prints the known members in their order, without empty ones", async () => {
    await using recorder = await startRecorder({ body: RECORD });
    using session = openSession(recorder);
    const { code, out } = await session.run("action", "get", "pk/h");
    expect(code).toBe(0);
    const [head, ...json] = out.split("\n");
    expect(head).toBe("ok: got action pk/h");
    expect(json.map((line) => line.trim()).join("")).toBe(
      '{"namespace": "guest","name": "h","version": "0.0.1",' +
        '"exec": {"kind": "nodejs:20","code": "let x;","binary": false},' +
        '"parameters": [{"key": "p","value": {"a": "<\\u2028>","b": 1.0}}],' +
        '"limits": {"timeout": 60000,"memory": 256,"logs": 10,"concurrency": 1},' +
        '"publish": false,"updated": 1700000000123}',
    );
    expect(recorder.asked[0]?.url).toBe("/api/v1/namespaces/_/actions/pk/h?code=false");
  });

  test.for([
    ["NAMESPACE", '"guest"\n'],
    ["annotations", "[]\n"],
    ["error", '""\n'],
    ["code", "0\n"],
    ["delannotations", "null\n"],
    ["env", "null\n"],
  ])("the field %s prints %s", async ([field = "", json]) => {
    await using recorder = await startRecorder({ body: RECORD });
    using session = openSession(recorder);
    const { out } = await session.run("action", "get", "h", field);
    expect(out).toBe(`ok: got action h, displaying field ${field}\n${json}`);
  });

  test("an unknown field is refused before anything is asked", async () => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    expect(await session.run("action", "get", "h", "bogus")).toEqual({
      code: 2,
      out: "",
      err: `error: Invalid field filter 'bogus'.\n${USAGE}`,
    });
    expect(recorder.asked).toHaveLength(0);
  });

  test("the summary marks bound and final parameters", async () => {
    const annotations = [
      { key: "final", value: true },
      { key: "parameters", value: [{ name: "q" }, { name: "b" }] },
    ];
    const parameters = [{ key: "b", value: 1 }];
    await using recorder = await startRecorder({
      body: { name: "h", namespace: "guest/pk", annotations, parameters },
    });
    using session = openSession(recorder);
    expect((await session.run("action", "get", "pk/h", "-s")).out).toBe(
      "action /guest/pk/h: Returns a result based on parameters b and q\n   (parameters: **b, q)\n",
    );
  });

  test("saves the code once and never over a file", async () => {
    const exec = { kind: "python:3", binary: true, code: "UEsDBP8=" };
    await using recorder = await startRecorder({ body: { name: "h", exec } });
    using session = openSession(recorder);
    const file = join(session.folder, "saved.zip");
    const first = await session.run("action", "get", "h", "--save-as", file);
    expect(first).toMatchObject({
      code: 0,
      out: `ok: saved action code to ${process.cwd()}/${file}\n`,
    });
    expect(readFileSync(file)).toEqual(Buffer.from("UEsDBP8=", "base64"));
    expect(recorder.asked[0]?.url).toContain("?code=true");
    expect(await session.run("action", "get", "h", "--save-as", file)).toMatchObject({
      code: 2,
      err: `error: The file '${file}' already exists\n${USAGE}`,
    });
  });
});
