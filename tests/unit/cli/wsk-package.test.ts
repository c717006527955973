// `wsk package`: what is sent, what is printed, how it ends (wsk-cli 9).
import { expect, test } from "vitest";
import {
  type CommandCase,
  checkCommand,
  json,
  REFUSED,
  REFUSED_EXIT,
  REFUSED_TEXT,
} from "./command-case.ts";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

const CONTENT = {
  name: "a",
  version: "0.0.1",
  annotations: [{ key: "description", value: "says so" }],
  parameters: [{ key: "x", value: 1, init: true }],
};
const FEED = { name: "f", version: "0.0.1", annotations: [{ key: "feed", value: true }] };
const ENTITY = {
  namespace: "guest",
  name: "p",
  version: "0.0.2",
  publish: true,
  annotations: [],
  parameters: [{ key: "k", value: "v" }],
  binding: {},
  actions: [CONTENT],
  feeds: [FEED],
  updated: 1700000000123,
};
const PRINTED = json({
  namespace: "guest",
  name: "p",
  version: "0.0.2",
  publish: true,
  parameters: [{ key: "k", value: "v" }],
  binding: {},
  actions: [{ ...CONTENT, parameters: [{ key: "x", value: 1 }] }],
  feeds: [FEED],
  updated: 1700000000123,
});

test.for<CommandCase>([
  {
    args: ["package", "create", "p"],
    asked: [["PUT packages/p?overwrite=false", '{"namespace":"_","name":"p"}']],
    out: "ok: created package p\n",
  },
  {
    args: ["package", "create", "/ns/p", "-p", "k", "1.0", "-a", "d", "x", "--shared", "YES"],
    asked: [
      [
        "PUT namespaces/ns/packages/p?overwrite=false",
        '{"namespace":"ns","name":"p","publish":true,"annotations":[{"key":"d","value":"x"}],"parameters":[{"key":"k","value":1.0}]}',
      ],
    ],
    out: "ok: created package p\n",
  },
  {
    args: ["package", "update", "p", "--shared", "no"],
    asked: [["PUT packages/p?overwrite=true", '{"namespace":"_","name":"p","publish":false}']],
    out: "ok: updated package p\n",
  },
  {
    args: ["package", "bind", "/whisk.system/utils", "/ns/b", "-p", "k", "v", "-o"],
    asked: [
      [
        "PUT namespaces/ns/packages/b?overwrite=true",
        '{"parameters":[{"key":"k","value":"v"}],"binding":{"namespace":"whisk.system","name":"utils"}}',
      ],
    ],
    out: "ok: created binding /ns/b\n",
  },
  {
    args: ["package", "bind", "p", "b"],
    asked: [["PUT packages/b?overwrite=false", '{"binding":{"namespace":"_","name":"p"}}']],
    out: "ok: created binding b\n",
  },
  {
    args: ["package", "get", "p"],
    answers: [{ body: ENTITY }],
    asked: [["GET packages/p"]],
    out: `ok: got package p\n${PRINTED}`,
  },
  {
    args: ["package", "get", "p", "Binding"],
    answers: [{ body: ENTITY }],
    asked: [["GET packages/p"]],
    out: "ok: got package p, displaying field Binding\n{}\n",
  },
  {
    args: ["package", "get", "p", "--summary"],
    answers: [{ body: ENTITY }],
    asked: [["GET packages/p"]],
    out:
      "package /guest/p: Returns a result based on parameter k\n   (parameters: *k)\n" +
      " action /guest/p/a: says so\n   (parameters: *x)\n" +
      " feed   /guest/p/f\n   (parameters: none defined)\n",
  },
  {
    args: ["package", "delete", "p"],
    asked: [["DELETE packages/p"]],
    out: "ok: deleted package p\n",
  },
  {
    args: ["package", "list", "/ns", "-n"],
    answers: [{ body: [ENTITY, { ...ENTITY, name: "B", publish: false }] }],
    asked: [["GET namespaces/ns/packages?limit=30&skip=0"]],
    out: `packages\n${"/guest/B".padEnd(70)} private\n${"/guest/p".padEnd(70)} shared\n`,
  },
  {
    args: ["package", "refresh"],
    answers: [{ body: { added: ["x", "y"], updated: [], deleted: ["z"] } }],
    asked: [["POST packages/refresh"]],
    out: "'_' refreshed successfully\ncreated bindings:\nx\ny\nupdated bindings:\ndeleted bindings:\nz\n",
  },
  {
    args: ["package", "refresh", "/ns"],
    asked: [["POST namespaces/ns/packages/refresh"]],
    out: "'ns' refreshed successfully\ncreated bindings:\nupdated bindings:\ndeleted bindings:\n",
  },
])("$args", checkCommand);

test.for<CommandCase>([
  {
    args: ["package", "create", "p"],
    answers: [REFUSED],
    asked: [["PUT packages/p?overwrite=false", '{"namespace":"_","name":"p"}']],
    code: REFUSED_EXIT,
    err: `error: Unable to create package 'p': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["package", "update", "p"],
    answers: [REFUSED],
    asked: [["PUT packages/p?overwrite=true", '{"namespace":"_","name":"p"}']],
    code: REFUSED_EXIT,
    err: `error: Package update failed: ${REFUSED_TEXT}\n`,
  },
  {
    args: ["package", "bind", "p", "b"],
    answers: [REFUSED],
    asked: [["PUT packages/b?overwrite=false", '{"binding":{"namespace":"_","name":"p"}}']],
    code: REFUSED_EXIT,
    err: `error: Binding creation failed: ${REFUSED_TEXT}\n`,
  },
  {
    args: ["package", "get", "p"],
    answers: [REFUSED],
    asked: [["GET packages/p"]],
    code: REFUSED_EXIT,
    err: `error: Unable to get package 'p': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["package", "delete", "p"],
    answers: [REFUSED],
    asked: [["DELETE packages/p"]],
    code: REFUSED_EXIT,
    err: `error: Unable to delete package 'p': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["package", "list", "/ns"],
    answers: [REFUSED],
    asked: [["GET namespaces/ns/packages?limit=30&skip=0"]],
    code: REFUSED_EXIT,
    err: `error: Unable to obtain the list of packages for namespace 'ns': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["package", "refresh"],
    answers: [{ status: 501, body: { error: "not here", code: "t" } }],
    asked: [["POST packages/refresh"]],
    code: 245,
    err: "error: Package refresh for namespace '_' failed: not here (code t)\n",
  },
  {
    args: ["package", "refresh"],
    answers: [{ status: 202 }],
    asked: [["POST packages/refresh"]],
    code: 3,
    err: "error: Package refresh for namespace '_' failed due to unexpected HTTP status code: 202\n",
  },
  {
    args: ["package", "create", "p", "--shared", "maybe"],
    code: 1,
    err: `error: Cannot use value 'maybe' for shared.\n${USAGE}`,
  },
  {
    args: ["package", "update", "p", "-p", "k", 'x"y'],
    code: 1,
    err: `error: Invalid parameter argument '[]string{"{\\"k\\": \\"x\\"y\\"}"}': invalid character 'y' after object key:value pair\n${USAGE}`,
  },
  {
    args: ["package", "bind", "p"],
    code: 1,
    err: `error: Invalid argument(s). A package name and binding name are required.\n${USAGE}`,
  },
  {
    args: ["package", "list", "p"],
    code: 1,
    err: `error: An entity name, 'p', was provided instead of a namespace. Valid namespaces are of the following format: /NAMESPACE.\n${USAGE}`,
  },
  { args: ["package", "get", "p", ""], code: 1, err: "error: Invalid field filter ''.\n" },
])("$args is refused", checkCommand);

test("without a key nobody is asked, and packages are worded their own way", async () => {
  await using recorder = await startRecorder();
  using session = openSession();
  const ran = await session.run("package", "get", "p", "--apihost", recorder.host);
  expect(ran).toEqual({
    code: 2,
    out: "",
    err: `error: Unable to get package 'p': Unable to create GET HTTP request for 'packages/p': Unable to add the HTTP authentication header: Authorization key is not configured (--auth is required)\n${USAGE}`,
  });
  expect(recorder.asked).toHaveLength(0);
});
