// `wsk rule`: what is sent, what is printed, how it ends (wsk-cli 8).
import { test } from "vitest";
import {
  type CommandCase,
  checkCommand,
  json,
  MISSING,
  REFUSED,
  REFUSED_EXIT,
  REFUSED_TEXT,
} from "./command-case.ts";
import { USAGE } from "./session.ts";

const ENTITY = {
  namespace: "guest",
  name: "r",
  version: "0.0.1",
  status: "active",
  trigger: { path: "guest", name: "t" },
  action: { path: "guest/p", name: "a" },
  extra: 1,
  publish: false,
  updated: 1700000000123,
  annotations: [],
};
const PRINTED = json({
  namespace: "guest",
  name: "r",
  version: "0.0.1",
  status: "active",
  trigger: { name: "t", path: "guest" },
  action: { name: "a", path: "guest/p" },
  publish: false,
  updated: 1700000000123,
});
const listRow = (name: string, status: string): string =>
  `${`/guest/${name}`.padEnd(70)} ${"private".padEnd(20)} ${status}\n`;

test.for<CommandCase>([
  {
    args: ["rule", "create", "r", "t", "p/a"],
    asked: [
      [
        "PUT rules/r?overwrite=false",
        '{"name":"r","status":"","trigger":"/_/t","action":"/_/p/a"}',
      ],
    ],
    out: "ok: created rule r\n",
  },
  {
    args: ["rule", "update", "/ns/r", "/other/t", "ns/p/a"],
    asked: [
      [
        "PUT namespaces/ns/rules/r?overwrite=true",
        '{"name":"r","status":"","trigger":"/other/t","action":"/ns/p/a"}',
      ],
    ],
    out: "ok: updated rule r\n",
  },
  {
    args: ["rule", "enable", "r"],
    asked: [["POST rules/r", '{"status":"active","trigger":null,"action":null}']],
    out: "ok: enabled rule r\n",
  },
  {
    args: ["rule", "disable", "r"],
    asked: [["POST rules/r", '{"status":"inactive","trigger":null,"action":null}']],
    out: "ok: disabled rule r\n",
  },
  {
    args: ["rule", "status", "r"],
    answers: [{ body: ENTITY }],
    asked: [["GET rules/r"]],
    out: "ok: rule r is active\n",
  },
  {
    args: ["rule", "get", "r"],
    answers: [{ body: ENTITY }],
    asked: [["GET rules/r"]],
    out: `ok: got rule r\n${PRINTED}`,
  },
  {
    args: ["rule", "get", "r", "STATUS"],
    answers: [{ body: ENTITY }],
    asked: [["GET rules/r"]],
    out: 'ok: got rule r, displaying field STATUS\n"active"\n',
  },
  {
    args: ["rule", "get", "r", "-s"],
    answers: [{ body: ENTITY }],
    asked: [["GET rules/r"]],
    out: "rule /guest/r\n   (status: active)\n",
  },
  { args: ["rule", "delete", "r"], asked: [["DELETE rules/r"]], out: "ok: deleted rule r\n" },
  {
    args: ["rule", "delete", "r", "--disable"],
    asked: [
      ["POST rules/r", '{"status":"inactive","trigger":null,"action":null}'],
      ["DELETE rules/r"],
    ],
    out: "ok: deleted rule r\n",
  },
  {
    args: ["rule", "list", "/ns", "-l", "5", "-s", "2", "-n"],
    answers: [
      { body: [{ ...ENTITY, name: "r2" }, ENTITY] },
      { body: { ...ENTITY, status: "inactive" } },
      { body: ENTITY },
    ],
    asked: [
      ["GET namespaces/ns/rules?limit=5&skip=2"],
      ["GET namespaces/ns/rules/r2"],
      ["GET namespaces/ns/rules/r"],
    ],
    out: `rules\n${listRow("r", "active")}${listRow("r2", "inactive")}`,
  },
])("$args", checkCommand);

test.for<CommandCase>([
  {
    args: ["rule", "create", "r", "t", "a"],
    answers: [REFUSED],
    asked: [
      ["PUT rules/r?overwrite=false", '{"name":"r","status":"","trigger":"/_/t","action":"/_/a"}'],
    ],
    code: REFUSED_EXIT,
    err: `error: Unable to create rule 'r': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["rule", "update", "r", "t", "a"],
    answers: [REFUSED],
    asked: [
      ["PUT rules/r?overwrite=true", '{"name":"r","status":"","trigger":"/_/t","action":"/_/a"}'],
    ],
    code: REFUSED_EXIT,
    err: `error: Unable to update rule 'r': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["rule", "enable", "r"],
    answers: [REFUSED],
    asked: [["POST rules/r", '{"status":"active","trigger":null,"action":null}']],
    code: REFUSED_EXIT,
    err: `error: Unable to enable rule 'r': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["rule", "delete", "r", "--disable"],
    answers: [REFUSED],
    asked: [["POST rules/r", '{"status":"inactive","trigger":null,"action":null}']],
    code: REFUSED_EXIT,
    err: `error: Unable to disable rule 'r': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["rule", "delete", "r"],
    answers: [MISSING],
    asked: [["DELETE rules/r"]],
    code: 148,
    err: "error: Unable to delete rule 'r': gone (code tid1)\n",
  },
  {
    args: ["rule", "status", "r"],
    answers: [MISSING],
    asked: [["GET rules/r"]],
    code: 148,
    err: `error: Unable to get status of rule 'r': gone (code tid1)\n${USAGE}`,
  },
  {
    args: ["rule", "get", "r"],
    answers: [MISSING],
    asked: [["GET rules/r"]],
    code: 148,
    err: `error: Unable to get rule 'r': gone (code tid1)\n${USAGE}`,
  },
  {
    args: ["rule", "list"],
    answers: [REFUSED],
    asked: [["GET rules?limit=30&skip=0"]],
    code: REFUSED_EXIT,
    err: `error: Unable to obtain the list of rules for namespace 'default': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["rule", "list"],
    answers: [{ body: [ENTITY] }, MISSING],
    asked: [["GET rules?limit=30&skip=0"], ["GET rules/r"]],
    code: 148,
    out: "Unable to get status of rule 'r': gone (code tid1)\n",
    err: "error: Unable to get status of rule 'r': gone (code tid1)\n",
  },
  {
    args: ["rule", "list", "/ns/r"],
    code: 1,
    err: `error: An entity name, 'r', was provided instead of a namespace. Valid namespaces are of the following format: /NAMESPACE.\n${USAGE}`,
  },
  {
    args: ["rule", "create", "r", "t"],
    code: 1,
    err: `error: Invalid argument(s). A rule, trigger and action name are required.\n${USAGE}`,
  },
  {
    args: ["rule", "enable", "a", "b"],
    code: 1,
    err: `error: Invalid argument(s): b. A rule name is required.\n${USAGE}`,
  },
  {
    args: ["rule", "status", "/a//b"],
    code: 1,
    err: `error: '/a//b' is not a valid qualified name: A valid qualified name must be specified.\n${USAGE}`,
  },
  { args: ["rule", "get", "r", "bogus"], code: 1, err: "error: Invalid field filter 'bogus'.\n" },
])("$args is refused", checkCommand);
