// What actions are made of: images, sequences, copies; web actions; their URLs (wsk-cli 4.1, 4.4).
import { test } from "vitest";
import { type CommandCase, checkCommand, MISSING } from "./command-case.ts";
import { USAGE } from "./session.ts";

const CREATE = "PUT actions/h?overwrite=false";
const HEAD = '{"namespace":"_","name":"h"';
const created = (rest: string): readonly [string, string] => [CREATE, `${HEAD},${rest}}`];
const WEB =
  '{"key":"web-export","value":true},{"key":"raw-http","value":false},{"key":"final","value":true}';
const SOURCE = {
  name: "a",
  namespace: "ns",
  exec: { kind: "nodejs:20", code: "UEs=", binary: true, main: "m", extra: 1 },
  annotations: [{ key: "exec", value: "nodejs:20" }],
  parameters: [{ key: "p", value: 1 }],
  limits: { timeout: 1 },
};
const NAME_NEEDED = "An action name and code artifact are required.";
const refused = (text: string): string => `error: Invalid argument(s). ${text}\n${USAGE}`;

test.for<CommandCase>([
  {
    args: ["action", "create", "h", "--docker", "me/image"],
    asked: [created('"exec":{"kind":"blackbox","image":"me/image"}')],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "create", "h", "/dev/null", "--docker", "i", "--main", "m"],
    asked: [created('"exec":{"kind":"blackbox","code":"","image":"i","main":"m"}')],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "create", "h", "/dev/null", "--native"],
    asked: [created('"exec":{"kind":"blackbox","code":"","image":"openwhisk/dockerskeleton"}')],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "create", "h", "/dev/null", "--native", "--kind", "nodejs:20"],
    asked: [created('"exec":{"kind":"nodejs:20","code":""}')],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "create", "h", "--sequence", "a, b,p/c,/ns/d,ns/p/e"],
    asked: [
      created(
        '"exec":{"kind":"sequence","components":["/_/a","/_/ b","/_/p/c","/ns/d","/ns/p/e"]}',
      ),
    ],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "create", "h", "/ns/a", "--copy", "-p", "p", "2", "-a", "x", "y"],
    answers: [{ body: SOURCE }, {}],
    asked: [
      ["GET namespaces/ns/actions/a?code=true"],
      created(
        '"exec":{"kind":"nodejs:20","code":"UEs=","main":"m","binary":true},' +
          '"annotations":[{"key":"x","value":"y"},{"key":"exec","value":"nodejs:20"}],' +
          '"parameters":[{"key":"p","value":2},{"key":"p","value":1}]',
      ),
    ],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "create", "h", "--docker", "i", "--web", "true"],
    asked: [created(`"exec":{"kind":"blackbox","image":"i"},"annotations":[${WEB}]`)],
    out: "ok: created action h\n",
  },
  {
    args: ["action", "update", "h", "--web", "true", "--web-secure", "s"],
    answers: [{ body: SOURCE }, {}],
    asked: [
      ["GET actions/h?code=false"],
      [
        "PUT actions/h?overwrite=true",
        `${HEAD},"annotations":[{"key":"exec","value":"nodejs:20"},${WEB},{"key":"require-whisk-auth","value":"s"}]}`,
      ],
    ],
    out: "ok: updated action h\n",
  },
  {
    args: ["action", "update", "h", "--web-secure", "false", "--del-annotation", "x"],
    answers: [
      {
        body: {
          annotations: [
            { key: "web-export", value: true },
            { key: "require-whisk-auth", value: 7 },
          ],
        },
      },
      {},
    ],
    asked: [
      ["GET actions/h?code=false"],
      [
        "PUT actions/h?overwrite=true",
        `${HEAD},"annotations":[{"key":"web-export","value":true}],"delAnnotations":["require-whisk-auth"]}`,
      ],
    ],
    out: "ok: updated action h\n",
  },
])("$args", checkCommand);

test.for<CommandCase>([
  {
    args: ["action", "create", "h", "x", "--docker", "i", "--kind", "k"],
    code: 149,
    err: refused("Cannot specify both --kind and --docker at the same time."),
  },
  { args: ["action", "create", "h", "--native"], code: 2, err: refused(NAME_NEEDED) },
  { args: ["action", "create", "h", "--copy"], code: 2, err: refused(NAME_NEEDED) },
  { args: ["action", "update", "h", "--sequence"], code: 2, err: refused(NAME_NEEDED) },
  {
    args: ["action", "create", "h", "a", "--copy"],
    answers: [MISSING],
    asked: [["GET actions/a?code=true"]],
    code: 148,
    err: refused("Unable to get action 'a': gone (code tid1)"),
  },
  {
    args: ["action", "create", "h", "--docker", "i", "--web", "x"],
    code: 2,
    err: refused(
      "Invalid argument 'x' for --web flag. Valid input consist of 'yes', 'true', 'raw', 'false', or 'no'.",
    ),
  },
  {
    args: ["action", "create", "h", "--docker", "i", "--web-secure", "s"],
    code: 2,
    err: refused("The --web-secure option is only valid when the --web option is enabled."),
  },
])("$args is refused", checkCommand);

const stored = (namespace: string, isWeb: boolean) => ({
  body: { name: "a b", namespace, annotations: [{ key: "web-export", value: isWeb }] },
});

test.for<CommandCase>([
  {
    args: ["action", "get", "a b", "--url"],
    answers: [stored("guest", true)],
    asked: [["GET actions/a%20b?code=false"]],
    out: "ok: got action a b\nHOST/api/v1/web/guest/default/a%20b\n",
  },
  {
    args: ["action", "get", "p/a b", "bogus", "--url"],
    answers: [stored("guest/p", true)],
    asked: [["GET actions/p/a%20b?code=false"]],
    out: "ok: got action a b\nHOST/api/v1/web/guest/p/a%20b\n",
  },
  {
    args: ["action", "get", "a b", "-r"],
    answers: [stored("guest", false)],
    asked: [["GET actions/a%20b?code=false"]],
    out: "ok: got action a b\nHOST/api/v1/namespaces/guest/actions/a%20b\n",
  },
  {
    args: ["action", "get", "/ns/p/a b", "-r"],
    answers: [stored("ns/p", false)],
    asked: [["GET namespaces/ns/actions/p/a%20b?code=false"]],
    out: "ok: got action a b\nHOST/api/v1/namespaces/ns/actions/p/a%20b\n",
  },
])("$args", checkCommand);
