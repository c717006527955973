// `wsk api`: what is sent, what is printed, how it ends (wsk-cli 11).
import { describe, expect, test } from "vitest";
import { type CommandCase, checkCommand, json, MISSING } from "./command-case.ts";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

const ACCESS = "accesstoken=DUMMY+TOKEN";
const url = (action: string, query: string): string =>
  `web/whisk.system/apimgmt/${action}Api.http?${ACCESS}&${query}&spaceguid=u`;
const CREATE = `POST web/whisk.system/apimgmt/createApi.http?${ACCESS}&responsetype=json&spaceguid=u`;
const CREATE_HTTP = CREATE.replace("json", "http");

const WEB_ACTION = { body: { annotations: [{ key: "web-export", value: true }] } };
const SECURED = {
  body: {
    annotations: [
      { key: "web-export", value: true },
      { key: "require-whisk-auth", value: 7 },
    ],
  },
};
const operation = (action: string, packageName = "p") => ({
  operationId: "id",
  responses: { default: { description: "d" } },
  "x-openwhisk": { action, namespace: "guest", package: packageName, url: "http://h/a.http" },
});
const DOCUMENT = {
  swagger: "2.0",
  basePath: "/base",
  info: { version: "1.0.0", title: "My API", description: "lost" },
  paths: {
    "/z": { post: operation("a"), get: operation("a") },
    "/y/{id}": {
      get: {
        ...operation("long".repeat(12), ""),
        parameters: [{ name: "id", in: "path", required: true, maximum: 0, extra: 1 }],
      },
      parameters: [],
    },
    "/x": { delete: { operationId: "", responses: {} } },
  },
  "x-ibm-configuration": { cors: { enabled: true }, assembly: {} },
  host: "lost",
};
const API = {
  namespace: "Not Used",
  gwApiActivated: true,
  tenantId: "Not Used",
  gwApiUrl: "http://gw/api/u/base/",
  apidoc: DOCUMENT,
};
const FOUND = { body: { apis: [{ id: "Not Used", key: "Not Used", value: API }] } };
const NONE = { body: { apis: [] } };
const FAILED = { status: 502, body: { error: "API creation failure: no" } };

const PRINTED = {
  swagger: "2.0",
  basePath: "/base",
  info: { title: "My API", version: "1.0.0" },
  paths: {
    "/x": { delete: { operationId: "", responses: {} } },
    "/y/{id}": {
      get: {
        operationId: "id",
        parameters: [{ name: "id", in: "path", required: true }],
        responses: { default: { description: "d" } },
        "x-openwhisk": operation("long".repeat(12), "")["x-openwhisk"],
      },
    },
    "/z": { get: operation("a"), post: operation("a") },
  },
  "x-ibm-configuration": { assembly: {}, cors: { enabled: true } },
};

const apidoc = (members: string, action: string): string =>
  `{"apidoc":{"namespace":"_",${members},"action":{${action},"authkey":"u:k"}}}`;
const action = (name: string, path: string, verb: string): string =>
  `"name":"${name}","namespace":"_","backendMethod":"${verb}","backendUrl":"HOST/api/v1/web/_/${path}.http"`;

describe("create", () => {
  test.for<CommandCase>([
    {
      args: ["api", "create", "/base", "/path", "get", "a"],
      answers: [WEB_ACTION, { body: API }],
      asked: [
        ["GET actions/a?code=false"],
        [
          CREATE,
          apidoc(
            '"gatewayBasePath":"/base","gatewayPath":"/path","gatewayMethod":"GET","id":"API:_:/base"',
            action("a", "default/a", "GET"),
          ),
        ],
      ],
      out: "ok: created API /base/path GET for action /_/a\nhttp://gw/api/u/base/path\n",
    },
    {
      args: ["api", "create", "/path", "POST", "p/a", "-n", "My API"],
      answers: [SECURED, { body: API }],
      asked: [
        ["GET actions/p/a?code=false"],
        [
          CREATE,
          apidoc(
            '"apiName":"My API","gatewayBasePath":"/","gatewayPath":"/path","gatewayMethod":"POST","id":"API:_:/"',
            action("p/a", "p/a", "POST"),
          ).replace('"authkey":"u:k"', '"authkey":"u:k","secureKey":7'),
        ],
      ],
      out: "ok: created API /path POST for action /_/p/a\nhttp://gw/api/u/base/path\n",
    },
    {
      args: ["api", "create", "Name", "/a/{x}/{y}/{x}/b{z}", "get", "a", "--response-type", "http"],
      answers: [WEB_ACTION, { body: API }],
      asked: [
        ["GET actions/a?code=false"],
        [
          CREATE_HTTP,
          `${apidoc(
            '"gatewayBasePath":"Name","gatewayPath":"/a/{x}/{y}/{x}/b{z}","gatewayMethod":"GET"',
            action("a", "default/a", "GET"),
          ).slice(0, -2)},"pathParameters":[${["x", "y"]
            .map(
              (name) =>
                `{"name":"${name}","in":"path","description":"Default description for '${name}'","required":true,"type":"string"}`,
            )
            .join(",")}]}}`,
        ],
      ],
      out: "ok: created API Name/a/{x}/{y}/{x}/b{z} GET for action /_/a\nhttp://gw/api/u/base/a/{x}/{y}/{x}/b{z}\n",
    },
  ])("$args", checkCommand);

  test.for<CommandCase>([
    {
      args: ["api", "create", "/b", "/p", "get", "a"],
      answers: [{ body: {} }],
      asked: [["GET actions/a?code=false"]],
      code: 1,
      err: `error: Action '/_/a' is not a web action. Issue 'wsk action update "/_/a" --web true' to convert the action to a web action.\n${USAGE}`,
    },
    {
      args: ["api", "create", "/b", "/p", "get", "a"],
      answers: [MISSING],
      asked: [["GET actions/a?code=false"]],
      code: 1,
      err: `error: Unable to get action '/_/a': gone (code tid1)\n${USAGE}`,
    },
    ...[
      [["/b", "p", "get", "a"], "'p' must begin with '/'."],
      [
        ["/b", "/p", "got", "a"],
        "'got' is not a valid API verb.  Valid values are: [GET PUT POST DELETE PATCH HEAD OPTIONS]",
      ],
      [
        ["/b/{x}", "/p", "get", "a"],
        "The base path '/b/{x}' cannot have parameters. Only the relative path supports path parameters.",
      ],
      [
        ["/b", "/p/{x}", "get", "a"],
        "A response type of 'http' is required when using path parameters.",
      ],
      [["N", "/p", "get", "a", "-n", "M"], "An API name can only be specified once."],
      [["/p", "get", "/ns"], "'/ns' is not a valid action name."],
    ].map(([args, text]) => ({
      args: ["api", "create", ...(args ?? [])],
      code: 1,
      err: `error: Unable to parse api command arguments: ${text}\n${USAGE}`,
    })),
    {
      args: ["api", "create", "/p", "get", "/a//b"],
      code: 149,
      err: `error: Unable to parse api command arguments: '/a//b' is not a valid action name: A valid qualified name must be specified.\n${USAGE}`,
    },
    {
      args: ["api", "create"],
      code: 1,
      err: `error: Invalid argument(s). Specify a swagger file or specify an API base path with an API path, an API verb, and an action name.\n${USAGE}`,
    },
  ])("$args is refused", checkCommand);

  test.for([
    [FAILED, "API creation failure: no"],
    [{ status: 502, body: { error: { error: "a", message: "b" } } }, "a"],
    [
      { status: 202, body: { activationId: "1" } },
      "Request accepted, but processing not completed yet.",
    ],
    [{ body: {} }, "Internal error. Missing apidoc stanza in API configuration"],
    [
      { body: { apidoc: { paths: { "/a": { get: { ...operation("a"), operationId: "" } } } } } },
      "Missing operationId field in API configuration for operation get",
    ],
    [
      {
        body: {
          apidoc: {
            paths: {
              "/a": { put: { operationId: "i", "x-openwhisk": { namespace: "n", action: "a" } } },
            },
          },
        },
      },
      "Missing x-openwhisk.url field in API configuration for operation put",
    ],
  ] as const)("the answer %j is a failure", async ([answer, text]) => {
    await using recorder = await startRecorder(WEB_ACTION, answer);
    using session = openSession(recorder);
    expect(await session.run("api", "create", "/b", "/p", "get", "a")).toEqual({
      code: 1,
      out: "",
      err: `error: Unable to create API: ${text}\n`,
    });
  });
});

describe("create from a file", () => {
  const CREATED =
    "ok: created API /base/z get for action /guest/p/a\nhttp://gw/api/u/base/z\n" +
    "ok: created API /base/z post for action /guest/p/a\nhttp://gw/api/u/base/z\n" +
    `ok: created API /base/y/{id} get for action /guest/${"long".repeat(12)}\nhttp://gw/api/u/base/y/{id}\n` +
    "ok: created API /base/x delete\nhttp://gw/api/u/base/x\n";
  const JSON_TEXT = '{ "swagger": "2.0", "basePath": "/b", "info": {}, "paths": {} }\n';

  test.for([
    ["a.json", JSON_TEXT, JSON_TEXT],
    [
      "a.yaml",
      'swagger: "2.0"\nbasePath: /b\npaths:\n  /p:\n    get: {operationId: &id x}\n    put: {operationId: *id}\n    n: [on, 012, 2020-01-01, 1:30, ~]\ninfo: {title: t, x: 1.50}\n',
      '{"basePath":"/b","info":{"title":"t","x":1.5},"paths":{"/p":{"false":[true,10,"2020-01-01","1:30",null],"get":{"operationId":"x"},"put":{"operationId":"x"}}},"swagger":"2.0"}',
    ],
    [
      "a.yml",
      "{swagger: '2.0', basePath: /, info: {}, paths: {}}",
      '{"basePath":"/","info":{},"paths":{},"swagger":"2.0"}',
    ],
  ])("%s is sent as the text of JSON", async ([name = "", content = "", sent]) => {
    await using recorder = await startRecorder({ body: API });
    using session = openSession(recorder);
    const ran = await session.run("api", "create", "-c", session.file(name, content));
    expect(ran).toEqual({ code: 0, out: CREATED, err: "" });
    const { method, url: asked, body } = recorder.asked[0] ?? {};
    expect(`${method} ${asked}`).toBe(CREATE.replace("web/", "/api/v1/web/"));
    expect(JSON.parse(body ?? "")).toEqual({ apidoc: { namespace: "_", swagger: sent } });
  });

  const INVALID = "Swagger file is invalid (missing basePath, info, paths, or swagger fields)";
  test.for([
    ["a.json", '{"swagger":"2.0","basePath":"/b","info":{}}', INVALID],
    ["a.json", '{"swagger":"","basePath":"/b","info":{},"paths":{}}', INVALID],
    ["a.yaml", "", INVALID],
    [
      "a.json",
      JSON_TEXT.replace("/b", "b"),
      "Swagger file basePath must start with a leading slash (/)",
    ],
    ["a.json", "{", "Error parsing swagger file 'FILE': unexpected end of JSON input"],
    [
      "a.json",
      "{'x'",
      "Error parsing swagger file 'FILE': invalid character '\\'' looking for beginning of object key string",
    ],
    [
      "a.json",
      "{} x",
      "Error parsing swagger file 'FILE': invalid character 'x' after top-level value",
    ],
    [
      "a.json",
      "[]",
      "Error parsing swagger file 'FILE': json: cannot unmarshal array into Go value of type whisk.ApiSwagger",
    ],
    [
      "a.yaml",
      "info: {title: 1.50}",
      "Error parsing swagger file 'FILE': json: cannot unmarshal number into Go struct field ApiSwaggerInfo.info.title of type string",
    ],
    [
      "a.json",
      '{"basePath":1}',
      "Error parsing swagger file 'FILE': json: cannot unmarshal number into Go struct field ApiSwagger.basePath of type string",
    ],
  ])("%s with %j is refused", async ([name = "", content = "", text]) => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    const file = session.file(name, content);
    const { err, ...ran } = await session.run("api", "create", "-c", file);
    expect(ran).toEqual({ code: 1, out: "" });
    expect(err.replaceAll(file, "FILE")).toBe(
      `error: Unable to parse swagger file: ${text}\n${USAGE}`,
    );
    expect(recorder.asked).toHaveLength(0);
  });

  test("YAML that is none, and a file that is not there", async () => {
    await using recorder = await startRecorder();
    using session = openSession(recorder);
    const broken = await session.run("api", "create", "-c", session.file("a.yaml", "a: [1"));
    expect(broken.code).toBe(1);
    expect(broken.err).toMatch(
      /^error: Unable to parse swagger file: Unable to parse YAML configuration file: \S/,
    );
    expect(await session.run("api", "create", "-c", "none.json")).toEqual({
      code: 2,
      out: "",
      err: `error: Unable to parse swagger file: Error reading swagger file 'none.json': File 'none.json' is not a valid file or it does not exist\n${USAGE}`,
    });
    expect(recorder.asked).toHaveLength(0);
  });
});

const CUT = `/guest/${"long".repeat(12)}`.slice(0, 40);
const table = (...rows: readonly string[]): string =>
  ["ok: APIs", `${"Action".padEnd(40)}    Verb  API Name  URL`, ...rows, ""].join("\n");
const GET_Z = `${"/guest/p/a".padEnd(40)}     get    My API  http://gw/api/u/base/z`;
const POST_Z = `${"/guest/p/a".padEnd(40)}    post    My API  http://gw/api/u/base/z`;
const GET_Y = `${CUT}     get    My API  http://gw/api/u/base/y/{id}`;
const DELETE_X = `${"".padEnd(40)}  delete    My API  http://gw/api/u/base/x`;
const EMPTY_HEADER = `${"Action".padEnd(30)}    Verb ${"API Name".padStart(20)}  URL`;
const block = (path: string, verb: string, name: string): string =>
  `Action: ${name}\n   API Name: My API\n   Base path: /base\n   Path: ${path}\n   Verb: ${verb}\n   URL: http://gw/api/u/base${path}\n`;

test.for<CommandCase>([
  {
    args: ["api", "list"],
    answers: [FOUND],
    asked: [[`GET ${url("get", "limit=30&skip=0")}`]],
    out: table(GET_Z, POST_Z, GET_Y, DELETE_X),
  },
  {
    args: ["api", "list", "-l", "5", "-s", "2", "-n"],
    answers: [FOUND],
    asked: [[`GET ${url("get", "limit=5&skip=2")}`]],
    out: table(DELETE_X, GET_Y, GET_Z, POST_Z),
  },
  {
    args: ["api", "list", "/base", "/z", "post", "-f"],
    answers: [FOUND],
    asked: [[`GET ${url("get", "basepath=%2Fbase&operation=POST&relpath=%2Fz")}`]],
    out: `ok: APIs\n${block("/z", "post", "/guest/p/a")}`,
  },
  {
    args: ["api", "list", "My API", "/nothing"],
    answers: [FOUND],
    asked: [[`GET ${url("get", "basepath=My+API&relpath=%2Fnothing")}`]],
    out: `ok: APIs\n${EMPTY_HEADER}\n`,
  },
  {
    args: ["api", "list"],
    answers: [NONE],
    asked: [[`GET ${url("get", "limit=30&skip=0")}`]],
    out: `ok: APIs\n${EMPTY_HEADER}\n`,
  },
  {
    args: ["api", "list", "-f"],
    answers: [NONE],
    asked: [[`GET ${url("get", "limit=30&skip=0")}`]],
    out: "ok: APIs\n\n",
  },
  {
    args: ["api", "get", "/base"],
    answers: [FOUND],
    asked: [[`GET ${url("get", "basepath=%2Fbase")}`]],
    out: json(PRINTED),
  },
  {
    args: ["api", "get", "/base", "-f", "--format", "JSON"],
    answers: [FOUND],
    asked: [[`GET ${url("get", "basepath=%2Fbase")}`]],
    out: json({
      namespace: "Not Used",
      gwApiUrl: "http://gw/api/u/base/",
      gwApiActivated: true,
      tenantId: "Not Used",
      apidoc: PRINTED,
    }),
  },
  {
    args: ["api", "get", "n", "--format", "yaml"],
    answers: [
      {
        body: {
          apis: [
            {
              value: {
                apidoc: {
                  swagger: "2.0",
                  basePath: "/b",
                  info: { title: "n", version: "2020-01-01" },
                  security: [{ a: [] }],
                },
              },
            },
          ],
        },
      },
    ],
    asked: [[`GET ${url("get", "basepath=n")}`]],
    out: 'basePath: /b\ninfo:\n  title: "n"\n  version: "2020-01-01"\nsecurity:\n- a: []\nswagger: "2.0"\n\n',
  },
  {
    args: ["api", "delete", "/base"],
    asked: [[`DELETE ${url("delete", "basepath=%2Fbase")}`]],
    out: "ok: deleted API /base\n",
  },
  {
    args: ["api", "delete", "/base", "/p"],
    asked: [[`DELETE ${url("delete", "basepath=%2Fbase&relpath=%2Fp")}`]],
    out: "ok: deleted /p from /base\n",
  },
  {
    args: ["api", "delete", "name", "/p", "get"],
    asked: [[`DELETE ${url("delete", "basepath=name&operation=GET&relpath=%2Fp")}`]],
    out: "ok: deleted /p GET from name\n",
  },
])("$args", checkCommand);

test.for<CommandCase>([
  {
    args: ["api", "list"],
    answers: [MISSING],
    asked: [[`GET ${url("get", "limit=30&skip=0")}`]],
    code: 1,
    err: "error: Unable to obtain the API list: gone (code tid1)\n",
  },
  {
    args: ["api", "list"],
    answers: [{ body: { apis: [{ id: "x" }] } }],
    asked: [[`GET ${url("get", "limit=30&skip=0")}`]],
    code: 1,
    err: "error: Unable to obtain the API list: Internal error. Missing value stanza in API configuration response\n",
  },
  {
    args: ["api", "list", "/b"],
    answers: [MISSING],
    asked: [[`GET ${url("get", "basepath=%2Fb")}`]],
    code: 148,
    err: "error: Unable to obtain the API list: gone (code tid1)\n",
  },
  {
    args: ["api", "get", "/b"],
    answers: [NONE],
    asked: [[`GET ${url("get", "basepath=%2Fb")}`]],
    code: 1,
    err: "error: API does not exist for basepath /b\n",
  },
  {
    args: ["api", "get", "/b"],
    answers: [FAILED],
    asked: [[`GET ${url("get", "basepath=%2Fb")}`]],
    code: 1,
    err: "error: Unable to get API '/b': API creation failure: no\n",
  },
  {
    args: ["api", "delete", "/b"],
    answers: [FAILED],
    asked: [[`DELETE ${url("delete", "basepath=%2Fb")}`]],
    code: 1,
    err: "error: Unable to delete API: API creation failure: no\n",
  },
  {
    args: ["api", "get", "/b", "--format", "xml"],
    code: 1,
    err: "error: Invalid format type: xml\n",
  },
  {
    args: ["api", "delete", "/b", "p"],
    code: 1,
    err: `error: 'p' must begin with '/'.\n${USAGE}`,
  },
  {
    args: ["api", "list", "/b", "/p", "x"],
    code: 1,
    err: `error: 'x' is not a valid API verb.  Valid values are: [GET PUT POST DELETE PATCH HEAD OPTIONS]\n${USAGE}`,
  },
  {
    args: ["api", "delete"],
    code: 1,
    err: `error: Invalid argument(s). An API base path or API name is required.  An optional API relative path and operation may also be provided.\n${USAGE}`,
  },
])("$args is refused", checkCommand);

test("who asks is read from the property file alone", async () => {
  await using recorder = await startRecorder(NONE);
  using session = openSession(recorder);
  session.file(".wskprops", `APIHOST=${recorder.host}\nAUTH=tenant:k\nAPIGW_ACCESS_TOKEN=tok\n`);
  await session.run("api", "list", "-u", "other:key");
  expect(recorder.asked[0]?.url).toContain("accesstoken=tok&limit=30&skip=0&spaceguid=tenant");
  expect(recorder.asked[0]?.headers.authorization).toBe(`Basic ${btoa("other:key")}`);

  session.file(".wskprops", `APIHOST=${recorder.host}\n`);
  expect(await session.run("api", "get", "/b", "-u", "other:key")).toEqual({
    code: 1,
    out: "",
    err: "error: Authorization key is not configured (--auth is required)\n",
  });
});
