// `wsk trigger` and the life of its feed (wsk-cli 7).
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
  name: "t",
  version: "0.0.1",
  annotations: [{ key: "description", value: "rings" }],
  parameters: [{ key: "k", value: 1 }],
  limits: {},
  publish: false,
  rules: { "guest/r": { status: "active", action: { path: "guest", name: "a" } } },
  updated: 1700000000123,
};
const PRINTED = json({
  ...ENTITY,
  rules: { "guest/r": { action: { name: "a", path: "guest" }, status: "active" } },
});
const FED = { body: { ...ENTITY, annotations: [{ key: "feed", value: "/ns/p/feed" }] } };
const DONE = { body: { activationId: "ID", response: { success: true } } };
const DONE_JSON = json(DONE.body);
const FAILED = {
  status: 502,
  body: {
    activationId: "ID",
    response: { result: { error: "no" }, status: "application error", success: false },
  },
};
const FAILED_JSON = json(FAILED.body);

const FEED_CALL = "POST namespaces/ns/actions/p/feed?blocking=true&result=false";
const feedCall = (event: string, more = "", trigger = "/_/t"): readonly [string, string] => {
  const members = [
    '"authKey":"u:k"',
    ...(more === "" ? [] : [more]),
    `"lifecycleEvent":"${event}"`,
    `"triggerName":"${trigger}"`,
  ];
  return [FEED_CALL, `{${members.sort().join(",")}}`];
};
const CREATE = "PUT triggers/t?overwrite=false";
const UPDATE = "PUT triggers/t?overwrite=true";
const WITH_FEED = '{"name":"t","annotations":[{"key":"feed","value":"/ns/p/feed"}]}';

test.for<CommandCase>([
  {
    args: ["trigger", "create", "t"],
    asked: [[CREATE, '{"name":"t"}']],
    out: "ok: created trigger t\n",
  },
  {
    args: ["trigger", "create", "/ns/t", "-p", "k", "1", "-a", "a", "b"],
    asked: [
      [
        "PUT namespaces/ns/triggers/t?overwrite=false",
        '{"name":"t","annotations":[{"key":"a","value":"b"}],"parameters":[{"key":"k","value":1}]}',
      ],
    ],
    out: "ok: created trigger t\n",
  },
  {
    args: ["trigger", "create", "t", "-T", "k", "1"],
    asked: [[CREATE, '{"name":"t","parameters":[{"key":"k","value":1}]}']],
    out: "ok: created trigger t\n",
  },
  {
    args: ["trigger", "create", "t", "--feed", "/ns/p/feed", "-p", "k", "1"],
    answers: [{}, DONE],
    asked: [[CREATE, WITH_FEED], feedCall("CREATE", '"k":1')],
    out: `ok: invoked /ns/p/feed with id ID\n${DONE_JSON}ok: created trigger t\n`,
  },
  {
    args: ["trigger", "create", "t", "-f", "/ns/p/feed", "-F", "f", "1", "-T", "o", "2"],
    answers: [{}, DONE],
    asked: [
      [
        CREATE,
        '{"name":"t","annotations":[{"key":"feed","value":"/ns/p/feed"}],"parameters":[{"key":"o","value":2}]}',
      ],
      feedCall("CREATE", '"f":1'),
    ],
    out: `ok: invoked /ns/p/feed with id ID\n${DONE_JSON}ok: created trigger t\n`,
  },
  {
    args: ["trigger", "create", "t", "-f", "feed"],
    answers: [{}, DONE],
    asked: [
      [CREATE, '{"name":"t","annotations":[{"key":"feed","value":"/_/feed"}]}'],
      [
        "POST actions/feed?blocking=true&result=false",
        '{"authKey":"u:k","lifecycleEvent":"CREATE","triggerName":"/_/t"}',
      ],
    ],
    out: `ok: invoked /_/feed with id ID\n${DONE_JSON}ok: created trigger t\n`,
  },
  {
    args: ["trigger", "update", "t", "-p", "k", "1"],
    answers: [{ body: ENTITY }, {}],
    asked: [["GET triggers/t"], [UPDATE, '{"name":"t","parameters":[{"key":"k","value":1}]}']],
    out: "ok: updated trigger t\n",
  },
  {
    args: ["trigger", "update", "t", "-p", "k", "1"],
    answers: [MISSING, {}],
    asked: [["GET triggers/t"], [CREATE, '{"name":"t","parameters":[{"key":"k","value":1}]}']],
    out: "ok: created trigger t\n",
  },
  {
    args: ["trigger", "update", "t", "-p", "k", "1"],
    answers: [FED, DONE],
    asked: [["GET triggers/t"], feedCall("UPDATE", '"k":1')],
    out: `${DONE_JSON}ok: updated trigger t\n`,
  },
  {
    args: ["trigger", "update", "t", "-T", "k", "1"],
    answers: [FED, {}],
    asked: [["GET triggers/t"], [UPDATE, '{"name":"t","parameters":[{"key":"k","value":1}]}']],
    out: "ok: updated trigger t\n",
  },
  {
    args: ["trigger", "update", "t", "-F", "k", "1"],
    answers: [FED, {}, DONE],
    asked: [["GET triggers/t"], [UPDATE, '{"name":"t"}'], feedCall("UPDATE", '"k":1')],
    out: `${DONE_JSON}ok: updated trigger t\n`,
  },
  {
    args: ["trigger", "get", "t"],
    answers: [{ body: ENTITY }],
    asked: [["GET triggers/t"]],
    out: `ok: got trigger t\n${PRINTED}`,
  },
  {
    args: ["trigger", "get", "t", "limits"],
    answers: [{ body: ENTITY }],
    asked: [["GET triggers/t"]],
    out: "ok: got trigger t, displaying field limits\n{}\n",
  },
  {
    args: ["trigger", "get", "t", "rules"],
    answers: [{ body: { name: "t" } }],
    asked: [["GET triggers/t"]],
    out: "ok: got trigger t, displaying field rules\nnull\n",
  },
  {
    args: ["trigger", "get", "t", "-s"],
    answers: [{ body: ENTITY }],
    asked: [["GET triggers/t"]],
    out: "trigger /guest/t: rings\n   (parameters: *k)\n",
  },
  {
    args: ["trigger", "get", "/ns/t"],
    answers: [FED, DONE],
    asked: [["GET namespaces/ns/triggers/t"], feedCall("READ", "", "/ns/t")],
    out: DONE_JSON,
  },
  {
    args: ["trigger", "get", "t"],
    answers: [FED, FAILED],
    asked: [["GET triggers/t"], feedCall("READ")],
    err: FAILED_JSON,
  },
  {
    args: ["trigger", "delete", "t"],
    answers: [{ body: ENTITY }, {}],
    asked: [["GET triggers/t"], ["DELETE triggers/t"]],
    out: "ok: deleted trigger t\n",
  },
  {
    args: ["trigger", "delete", "t"],
    answers: [FED, DONE, {}],
    asked: [["GET triggers/t"], feedCall("DELETE"), ["DELETE triggers/t"]],
    out: `${DONE_JSON}ok: deleted trigger t\n`,
  },
  {
    args: ["trigger", "delete", "t"],
    answers: [FED, MISSING, {}],
    asked: [["GET triggers/t"], feedCall("DELETE"), ["DELETE triggers/t"]],
    out: "ok: deleted trigger t\n",
  },
  {
    args: ["trigger", "fire", "/ns/t", "-p", "b", "1.0", "-p", "a", "x"],
    answers: [{ status: 202, body: { activationId: "ID" } }],
    asked: [["POST namespaces/ns/triggers/t", '{"a":"x","b":1.0}']],
    out: "ok: triggered /ns/t with id ID\n",
  },
  {
    args: ["trigger", "fire", "t"],
    answers: [{ status: 204, body: "" }],
    asked: [["POST triggers/t", "{}"]],
    out: "ok: triggered /_/t with id \n",
  },
  {
    args: ["trigger", "list", "-l", "2"],
    answers: [{ body: [ENTITY] }],
    asked: [["GET triggers?limit=2&skip=0"]],
    out: `triggers\n${"/guest/t".padEnd(70)} private\n`,
  },
  {
    args: ["trigger", "list"],
    answers: [{ body: [] }],
    asked: [["GET triggers?limit=30&skip=0"]],
    out: "triggers\n",
  },
])("$args", checkCommand);

test.for<CommandCase>([
  {
    args: ["trigger", "create", "t"],
    answers: [REFUSED],
    asked: [[CREATE, '{"name":"t"}']],
    code: REFUSED_EXIT,
    err: `error: Unable to create trigger 't': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["trigger", "update", "t"],
    answers: [{ body: ENTITY }, REFUSED],
    asked: [["GET triggers/t"], [UPDATE, '{"name":"t"}']],
    code: REFUSED_EXIT,
    err: `error: Unable to update trigger 't': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["trigger", "update", "t"],
    answers: [REFUSED],
    asked: [["GET triggers/t"]],
    code: REFUSED_EXIT,
    err: `error: Unable to get trigger 't': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["trigger", "update", "t"],
    answers: [FED, REFUSED],
    asked: [["GET triggers/t"], feedCall("UPDATE")],
    code: REFUSED_EXIT,
    err: `error: Unable to create trigger 't': Unable to configure feed '/ns/p/feed': Unable to invoke action 'p/feed': ${REFUSED_TEXT}\n${USAGE}`,
  },
  {
    args: ["trigger", "update", "t", "-F", "k", "1"],
    answers: [{ body: ENTITY }, {}],
    asked: [["GET triggers/t"], [UPDATE, '{"name":"t"}']],
    code: 1,
    err: "error: Unable to configure feed 't': this trigger does not contain a feed\n",
  },
  {
    args: ["trigger", "get", "t"],
    answers: [MISSING],
    asked: [["GET triggers/t"]],
    code: 148,
    err: "error: Unable to get trigger 't': gone (code tid1)\n",
  },
  {
    args: ["trigger", "delete", "t"],
    answers: [{ body: ENTITY }, REFUSED],
    asked: [["GET triggers/t"], ["DELETE triggers/t"]],
    code: REFUSED_EXIT,
    err: `error: Unable to delete trigger 't': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["trigger", "fire", "t"],
    answers: [MISSING],
    asked: [["POST triggers/t", "{}"]],
    code: 148,
    err: "error: Unable to fire trigger 't': gone (code tid1)\n",
  },
  {
    args: ["trigger", "list"],
    answers: [REFUSED],
    asked: [["GET triggers?limit=30&skip=0"]],
    code: REFUSED_EXIT,
    err: `error: Unable to obtain the list of triggers for namespace 'default': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["trigger", "create", "t", "-F", "k", "1"],
    code: 149,
    err: "error: Incorrect usage. Trigger without a feed cannot have feed parameters\n",
  },
  {
    args: ["trigger", "create", "t", "-p", "k", "1", "-T", "k", "1"],
    code: 149,
    err: "error: Incorrect usage. Cannot combine --feed-param or --trigger-param flag with neither --param nor --param-file flag\n",
  },
  {
    args: ["trigger", "fire", "t", "payload"],
    code: 1,
    err: `error: Invalid argument(s): payload. A trigger name is required.\n${USAGE}`,
  },
  { args: ["trigger", "get", "t", "x"], code: 1, err: "error: Invalid field filter 'x'.\n" },
  {
    args: ["trigger", "create", "t", "-F", "k"],
    code: 1,
    err: `error: Failed to parse arguments: Arguments for '-F' must be a key/value pair\n${USAGE}`,
  },
])("$args is refused", checkCommand);

test.for<CommandCase>([
  {
    // The failed activation is all that is said.
    args: ["trigger", "create", "t", "-f", "/ns/p/feed", "-p", "k", "1"],
    answers: [{}, FAILED, FED, DONE, {}],
    asked: [
      [CREATE, WITH_FEED],
      feedCall("CREATE", '"k":1'),
      ["GET triggers/t"],
      feedCall("DELETE", '"k":1'),
      ["DELETE triggers/t"],
    ],
    code: 246,
    out: `${DONE_JSON}ok: deleted trigger t\n`,
    err: FAILED_JSON,
  },
  {
    args: ["trigger", "create", "t", "-f", "/ns/p/feed"],
    answers: [{}, MISSING, { body: ENTITY }, {}],
    asked: [[CREATE, WITH_FEED], feedCall("CREATE"), ["GET triggers/t"], ["DELETE triggers/t"]],
    code: 148,
    out: "ok: deleted trigger t\n",
    err: "error: Unable to create trigger 't': Unable to configure feed '/ns/p/feed': gone (code tid1)\n",
  },
  {
    // That it cannot be taken back is not said.
    args: ["trigger", "create", "t", "-f", "/ns/p/feed"],
    answers: [{}, REFUSED, MISSING],
    asked: [[CREATE, WITH_FEED], feedCall("CREATE"), ["GET triggers/t"]],
    code: REFUSED_EXIT,
    err: `error: Unable to create trigger 't': Unable to configure feed '/ns/p/feed': ${REFUSED_TEXT}\n`,
  },
  {
    args: ["trigger", "create", "t", "-f", "/ns/p/feed"],
    answers: [{}, { status: 202, body: { activationId: "ID" } }, { body: ENTITY }, {}],
    asked: [[CREATE, WITH_FEED], feedCall("CREATE"), ["GET triggers/t"], ["DELETE triggers/t"]],
    code: 202,
    out: "ok: deleted trigger t\n",
    err: "ok: invoked /ns/p/feed, but the request has not yet finished, with id ID\n",
  },
])("a feed that fails takes its trigger with it, $answers.1.status", checkCommand);
