import { strFromU8, unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { encode } from "../../../src/client/json.ts";
import type { KeyValue } from "../../../src/client/records.ts";
import { DeployError } from "../../../src/deploy/deploy-error.ts";
import { projectHash } from "../../../src/deploy/managed.ts";
import type { Plan } from "../../../src/deploy/plan.ts";
import { previewText } from "../../../src/deploy/preview.ts";
import { openProject, type Project } from "./project.ts";

const HELLO = "function main() { return {}; }";

/** Keys and values as `{"key": value}`, in plain JavaScript. */
function plain(entries: readonly KeyValue[] | undefined): unknown {
  return JSON.parse(
    encode(Object.fromEntries((entries ?? []).map(({ key, value }) => [key, value]))),
  );
}

/** Indents a package's content under packages.p. */
function inPackage(content: string): string {
  const indented = content.trim().replace(/^/gm, "    ");
  return `packages:\n  p:\n    version: 1.0.0\n    license: Apache-2.0\n${indented}\n`;
}

function project(content: string, files: Record<string, string | Buffer> = {}): Project {
  return openProject({ "manifest.yaml": inPackage(content), "a.js": HELLO, ...files });
}

async function planOf(content: string, options: Parameters<Project["plan"]>[0] = {}) {
  using opened = project(content);
  const plan = await opened.plan(options);
  return { plan, warnings: opened.warnings };
}

async function problemOf(content: string, options: Parameters<Project["plan"]>[0] = {}) {
  return planOf(content, options).then(
    () => "no problem",
    (cause: unknown) => {
      if (cause instanceof DeployError) return cause.message;
      throw cause;
    },
  );
}

const firstAction = (plan: Plan) => plan.packages[0]?.actions[0];

describe("kinds of actions", () => {
  const kind = async (entry: string, files: Record<string, string> = {}, isStrict = false) => {
    using opened = project(`actions:\n  a: ${entry}`, files);
    const plan = await opened.plan({ isStrict });
    return { ...firstAction(plan)?.exec, warnings: opened.warnings };
  };

  test.each([
    ["{function: a.js}", "nodejs:20"],
    ["{location: a.js}", "nodejs:20"],
    ["{function: a.py}", "python:3.11"],
    ["{function: a.js, runtime: 'nodejs:14'}", "nodejs:14"],
    ["{function: a.js, runtime: 'nodejs:default'}", "nodejs:default"],
    ["{code: 'x', runtime: nodejs}", "nodejs:20"],
    ["{code: 'x', runtime: 'python:3.11'}", "python:3.11"],
    ["{function: a.js, docker: 'me/image'}", "blackbox"],
    ["{native: true, function: a.zip}", "blackbox"],
    ["{docker: 'me/image'}", "blackbox"],
  ])("%s is %s", async (entry, expected) => {
    const found = await kind(entry, { "a.py": "x", "a.zip": "x" });
    expect(found.kind).toBe(expected);
    expect(found.warnings).toEqual([]);
  });

  test("a runtime that does not fit the file gives way, unless strict", async () => {
    const wrong = "{function: a.js, runtime: 'python:3.11'}";
    const { kind: chosen, warnings } = await kind(wrong);
    expect(chosen).toBe("nodejs:20");
    expect(warnings).toEqual([
      "Runtime [python:3.11] specified in manifest does not match with action's source file " +
        "extension [js] for action [a].",
      "Runtime changed to [nodejs:20] based on the action's source file extension for action [a].",
    ]);
    expect((await kind(wrong, {}, true)).kind).toBe("python:3.11");
    expect((await kind("{function: a.js, runtime: 'x:1'}", {}, true)).kind).toBe("x:1");
  });

  test.each([
    ["{}", "[ERROR_YAML_PARSER_ERROR]: File: [manifest.yaml]: Action [a] has no kind set."],
    ["{function: none.js}", "[ERROR_FILE_READ_ERROR]: File: [none.js]: "],
    ["{function: a.zip}", "Invalid or missing runtime [NOT SPECIFIED] specified in manifest"],
    ["{function: a.zip, runtime: 'x:1'}", "Supported Runtimes [nodejs:14, nodejs:20"],
    ["{function: a.txt}", "the action source file extension [txt] is not supported."],
    ["{function: a.js, code: x, runtime: nodejs}", "It has both code and function specified"],
    ["{code: x}", "With action source code, runtime is mandatory."],
    ["{code: x, runtime: cobol}", "Invalid or missing runtime [cobol]"],
    ["{function: empty.js}", "Action [a] has no source code."],
    ["{function: 'http://127.0.0.1/folder'}", "such actions are not supported."],
    ["{function: a.js, web: maybe}", "[ERROR_YAML_INVALID_WEB_EXPORT]: File: [manifest.yaml]: "],
    [
      "{function: a.js, annotations: {require-whisk-auth: -1}}",
      "[ERROR_ACTION_ANNOTATION]: Unable to secure the web action; Action [a] Annotation " +
        "[require-whisk-auth] has invalid value [-1].",
    ],
  ])("%s is refused", async (entry, expected) => {
    using opened = project(`actions:\n  a: ${entry}`, {
      "a.zip": "x",
      "a.txt": "x",
      "empty.js": "",
    });
    await expect(opened.plan()).rejects.toThrow(expected);
  });

  test("binary code is base64, text is text, main is kept", async () => {
    using opened = project(
      "actions:\n  a: {function: a.jar, main: Hello}\n  b: {function: a.js, main: other}",
      { "a.jar": "PK" },
    );
    const [jar, js] = (await opened.plan()).packages[0]?.actions ?? [];
    expect(jar?.exec).toEqual({ kind: "java:8", code: "UEs=", main: "Hello" });
    expect(js?.exec).toEqual({ kind: "nodejs:20", code: HELLO, main: "other" });
  });
});

describe("folders are zipped", () => {
  const names = async (keys: string): Promise<readonly string[]> => {
    using opened = project(`actions:\n  a: {function: src, runtime: 'nodejs:20'${keys}}`, {
      "src/index.js": HELLO,
      "src/.env": "A=1",
      "src/lib/deep/x.js": "x",
      "src/lib/empty.js": "",
      "src/skip/y.js": "y",
      "common/one.js": "1",
      "common/two.js": "2",
      "common/sub/three.js": "3",
      "common/.hidden": "h",
    });
    const code = firstAction(await opened.plan())?.exec?.code ?? "";
    return Object.keys(unzipSync(Buffer.from(code, "base64")));
  };
  const own = [".env", "index.js", "lib/deep/x.js", "lib/empty.js", "skip/y.js"];

  test("with all that is in them", async () => {
    expect(await names("")).toEqual(own);
  });

  test.each([
    ["exclude: [src/skip]", own.filter((name) => name !== "skip/y.js")],
    ["exclude: [src/lib/*]", own.filter((name) => !name.startsWith("lib"))],
    ["exclude: [src/index.js]", own],
    [
      "include: [[common]]",
      [...own, "common/.hidden", "common/one.js", "common/sub/three.js", "common/two.js"],
    ],
    ["include: [[common/one.js]]", [...own, "common/one.js"]],
    ["include: [[common/one.js, lib/]]", [...own, "lib/one.js"]],
    ["include: [[common/one.js, lib/renamed.js]]", [...own, "lib/renamed.js"]],
    ["include: [['common/*.js', more/]]", [...own, "more/one.js", "more/two.js"]],
    ["include: [['common/[no]*', more/*]]", [...own, "more/one.js"]],
    ["include: [['common/.*', .]]", [...own, ".hidden"]],
    ["include: [[common/one.js, ../../up.js]]", [...own, "up.js"]],
    ["include: [[a, b, c]]", own],
  ])("%s", async (keys, expected) => {
    expect(await names(`, ${keys}`)).toEqual(expected);
  });

  test("a file to include must be there", async () => {
    await expect(names(", include: [[nothing.js]]")).rejects.toThrow("no such file or directory");
  });

  test("the same files give the same bytes, and nothing is left beside them", async () => {
    using opened = project("actions:\n  a: {function: src, runtime: 'nodejs:20'}", {
      "src/index.js": HELLO,
    });
    const one = firstAction(await opened.plan())?.exec?.code ?? "";
    expect(firstAction(await opened.plan())?.exec?.code).toBe(one);
    const files = unzipSync(Buffer.from(one, "base64"));
    expect(strFromU8(files["index.js"] ?? new Uint8Array())).toBe(HELLO);
  });
});

describe("inputs", () => {
  const env = { SET: "from env", PORT: "8080", BY_NAME: "named" };
  const inputs = async (text: string, packageInputs = "{}"): Promise<unknown> => {
    const content = `inputs: ${packageInputs}\nactions:\n  a:\n    function: a.js\n    inputs: ${text}`;
    return plain(firstAction((await planOf(content, { env })).plan)?.parameters);
  };

  test.each([
    ["{k: text}", { k: "text" }],
    ["{k: 1.0, l: 0x10, m: yes, n: '1'}", { k: 1, l: 16, m: true, n: "1" }],
    [
      "{k: string, l: integer, m: float, n: boolean, o: json}",
      { k: "", l: 0, m: 0, n: false, o: {} },
    ],
    ["{k: }", { k: "" }],
    ["{k: $SET}", { k: "from env" }],
    [`{k: "a \${SET} b"}`, { k: "a from env b" }],
    ["{k: $UNSET}", { k: "" }],
    ["{k: {type: string, value: $SET}}", { k: "from env" }],
    ["{k: {type: integer, value: $PORT}}", { k: "$PORT" }],
    ["{k: {type: integer, default: 5}}", { k: 5 }],
    ["{k: {type: integer}}", { k: 0 }],
    ["{k: {value: 7, default: 5, description: d, status: s}}", { k: 7 }],
    ["{k: {value: 7, other: 1}}", { k: { value: 7, other: 1 } }],
    [`{k: {type: json, value: '{"a": [1]}'}}`, { k: { a: [1] } }],
    [
      "{k: {a: $SET, b: {c: $SET}, d: [$SET]}}",
      { k: { a: "from env", b: { c: "from env" }, d: ["$SET"] } },
    ],
    ["{k: [1, {a: ~}]}", { k: [1, { a: null }] }],
  ])("%s", async (text, expected) => {
    expect(await inputs(text)).toEqual(expected);
  });

  test.each([
    ["{k: {type: bogus, value: 1}}", "Parameter [k] has an invalid Type. [bogus]"],
    [
      "{k: {type: json, value: '{'}}",
      "[ERROR_YAML_PARAMETER_TYPE_MISMATCH]: File: [manifest.yaml]: ",
    ],
    [
      "{k: {required: true}, l: {required: true, type: integer, value: 0}}",
      "for following inputs: k, l",
    ],
  ])("%s is refused", async (text, expected) => {
    await expect(inputs(text)).rejects.toThrow(expected);
  });

  test("those of the package stand in for variables that are not set", async () => {
    expect(await inputs("{k: $host, l: $SET}", "{host: there}")).toEqual({
      k: "there",
      l: "from env",
    });
  });

  test("those of the package become its parameters", async () => {
    const content = "inputs: {a: 1, BY_NAME: string, n: integer, e: $SET, z: {value: x}}";
    const { plan } = await planOf(content, { env });
    expect(plain(plan.packages[0]?.parameters)).toEqual({
      a: 1,
      BY_NAME: "named",
      n: 0,
      e: "from env",
      z: "x",
    });
  });

  test("those of the project are there to look up, and no parameters", async () => {
    using opened = openProject({
      "manifest.yaml":
        "project:\n  name: P\n  inputs: {host: there}\n  packages:\n    p:\n      inputs: {h: $host}\n",
    });
    const plan = await opened.plan();
    expect(plain(plan.packages[0]?.parameters)).toEqual({ h: "there" });
    expect(encode(plan.projectInputs)).toBe('{"host":"there"}');
  });

  test("the command line is strongest", async () => {
    const params = new Map<string, string>([["k", "$SET"]]);
    const content = "inputs: {k: 1}\nactions:\n  a: {function: a.js, inputs: {k: 2, l: 3}}";
    const { plan } = await planOf(content, { env, params });
    expect(plain(plan.packages[0]?.parameters)).toEqual({ k: "from env" });
    expect(plain(firstAction(plan)?.parameters)).toEqual({ k: "from env", l: 3 });
  });

  test("a required input of the package must have a value", async () => {
    const content = "inputs: {need: {type: string, required: true}}";
    expect(await problemOf(content)).toContain("for following inputs: need");
    expect(await problemOf(content, { env: { need: "x" } })).toBe("no problem");
  });
});

describe("actions", () => {
  test.each([
    ["yes", true, false, true],
    ["True", true, false, true],
    ["raw", true, true, true],
    ["no", false, false, false],
  ])("web: %s", async (mode, web, raw, final) => {
    const { plan } = await planOf(
      `actions:\n  a: {function: a.js, web: ${mode}, annotations: {x: $V, final: odd}}`,
      { env: { V: "v" } },
    );
    expect(plain(firstAction(plan)?.annotations)).toEqual({
      x: "v",
      "web-export": web,
      "raw-http": raw,
      final,
    });
  });

  test("conductor, version, and web-export when there is no web", async () => {
    const { plan, warnings } = await planOf(
      "actions:\n  a: {function: a.js, conductor: true, version: 1.2.3, web-export: yes}",
    );
    expect(firstAction(plan)?.version).toBe("1.2.3");
    expect(plain(firstAction(plan)?.annotations)).toMatchObject({
      conductor: true,
      "web-export": true,
    });
    expect(warnings).toEqual([]);
  });

  test("limits that cannot be are left out, too large ones are the platform's affair", async () => {
    const limits = async (text: string) => {
      const { plan, warnings } = await planOf(`actions:\n  a: {function: a.js, limits: ${text}}`);
      return { limits: firstAction(plan)?.limits, count: warnings.length };
    };
    expect(await limits("{timeout: 100, memorySize: 128, logSize: 0}")).toEqual({
      limits: { timeout: 100, memory: 128, logs: 0 },
      count: 0,
    });
    expect(await limits("{timeout: 99, memorySize: 127, logSize: -1}")).toEqual({
      limits: undefined,
      count: 6,
    });
    expect(await limits("{timeout: 600001, memorySize: 2049, logSize: 11}")).toEqual({
      limits: { timeout: 600001, memory: 2049, logs: 11 },
      count: 3,
    });
    expect(await limits("{codeSize: 1, parameterSize: 1}")).toEqual({
      limits: undefined,
      count: 2,
    });
  });

  test("components of sequences are qualified, absolute ones stay", async () => {
    const { plan } = await planOf(
      "actions:\n  a: {function: a.js}\nsequences:\n  s: {actions: 'a, b/c , /whisk.system/utils/echo', web: yes}",
      { namespace: "guest" },
    );
    const sequence = plan.packages[0]?.sequences[0];
    expect(sequence?.exec).toEqual({
      kind: "sequence",
      components: ["/guest/p/a", "/guest/b/c", "/whisk.system/utils/echo"],
    });
    expect(plain(sequence?.annotations)).toMatchObject({ "web-export": true });
  });

  test("a sequence and an action cannot have one name", async () => {
    const content = "actions:\n  a: {function: a.js}\nsequences:\n  a: {actions: a}";
    expect(await problemOf(content)).toContain("Sequence [a] is already defined as an action");
  });

  test("in the package default they stand in the namespace", async () => {
    using opened = openProject({
      "manifest.yaml":
        "packages:\n  Default:\n    actions:\n      a: {function: a.js}\n    sequences:\n      s: {actions: a}\n",
      "a.js": HELLO,
    });
    const plan = await opened.plan();
    expect(plan.packages[0]?.isDefault).toBe(true);
    expect(plan.packages[0]?.sequences[0]?.exec?.components).toEqual(["/_/a"]);
  });
});

describe("triggers and rules", () => {
  test("names come from variables and inputs of the package", async () => {
    const { plan } = await planOf(
      `
inputs: {tname: tick}
triggers:
  $tname: {feed: $FEED, inputs: {cron: '* * * * *'}, annotations: {x: 1}}
rules:
  $RULE: {trigger: $tname, action: a}
  other: {trigger: tick, action: q/b}
`,
      { env: { FEED: "/whisk.system/alarms/alarm", RULE: "r" } },
    );
    expect(plan.triggers.map(({ name }) => name)).toEqual(["tick"]);
    expect(plain(plan.triggers[0]?.annotations)).toEqual({
      feed: "/whisk.system/alarms/alarm",
      x: 1,
    });
    expect(plan.rules.map(({ name, trigger, action }) => [name, trigger, action])).toEqual([
      ["r", "tick", "p/a"],
      ["other", "tick", "q/b"],
    ]);
  });

  test("packages may not disagree about one", async () => {
    const two = async (kind: string, one: string, other: string) => {
      using opened = openProject({
        "manifest.yaml": `packages:\n  p: {${kind}: ${one}}\n  q: {${kind}: ${other}}\n`,
      });
      return await opened.plan();
    };
    await expect(two("triggers", "{t: {feed: f}}", "{t: {feed: g}}")).rejects.toThrow(
      'One single trigger [t] is defined with multiple feeds ["g", "f"].',
    );
    await expect(
      two("rules", "{r: {trigger: t, action: /_/a}}", "{r: {trigger: u, action: /_/a}}"),
    ).rejects.toThrow('triggers ["u", "t"]');
    await expect(two("triggers", "{t: {feed: f}}", "{t: {feed: f}}")).resolves.toBeDefined();
  });
});

describe("apis", () => {
  const api = (path: string, entry: string): string =>
    `actions:\n  a: {function: a.js}\n  n: {function: a.js, web: no}\napis:\n  club: {${path}: {books: ${entry}}}`;

  test("slashes are added, actions become web actions", async () => {
    const { plan, warnings } = await planOf(api("base", "{a: {method: get, response: json}}"));
    expect(plan.apis).toEqual([
      {
        name: "club",
        basePath: "/base",
        path: "/books",
        action: "a",
        method: "GET",
        response: "json",
        packageName: "p",
        backendMethod: "get",
      },
    ]);
    expect(plain(firstAction(plan)?.annotations)).toMatchObject({ "web-export": true });
    expect(warnings).toHaveLength(1);
  });

  test.each([
    [api("base/x", "{a: {method: get}}"), "API Gateway base path [base/x] is invalid."],
    [api("base", "{b: {method: get}}"), "Action/Sequence [b] is missing from manifest file"],
    [api("base", "{a: {method: fetch}}"), "[ERROR_YAML_INVALID_API_GATEWAY_METHOD]"],
    [api("base", "{n: {method: get}}"), "[ERROR_YAML_INVALID_API]: Action [n] is not a web action"],
  ])("%s", async (content, expected) => {
    expect(await problemOf(content)).toContain(expected);
  });

  test("strict takes no action that does not say so", async () => {
    const problem = await problemOf(api("base", "{a: {method: get}}"), { isStrict: true });
    expect(problem).toContain("Action [a] is not a web action");
  });

  test("path parameters need http answers", async () => {
    const { plan } = await planOf(
      "actions:\n  a: {function: a.js, web: yes}\napis:\n  c: {b: {'x/{id}': {a: {method: get, response: json}}}}",
    );
    expect(plan.apis[0]?.response).toBe("http");
  });
});

describe("deployment files", () => {
  const manifest = inPackage(
    "inputs: {a: 1, b: 2}\nannotations: {x: 1}\nactions:\n  a: {function: a.js, inputs: {c: 3}}\ntriggers:\n  t: {inputs: {d: 4}}",
  );

  test("go over the manifest", async () => {
    using opened = openProject({
      "manifest.yaml": manifest,
      "a.js": HELLO,
      "deployment.yaml": `
packages:
  $PACKAGE:
    inputs: {b: $B, new: 5}
    annotations: {x: 2, y: 3}
    actions: {a: {inputs: {c: {value: 30}}, annotations: {z: 1}}, other: {inputs: {k: 1}}}
    triggers: {t: {inputs: {d: {default: 40}}}, gone: {inputs: {k: 1}}}
  q: {}
`,
    });
    const plan = await opened.plan({ env: { B: "twenty", PACKAGE: "p" } });
    expect(plan.packages[0]?.parameters.map(({ key }) => key)).toEqual(["b", "new", "a"]);
    expect(plain(plan.packages[0]?.parameters)).toEqual({ b: "twenty", new: 5, a: 1 });
    expect(plain(plan.packages[0]?.annotations)).toEqual({ x: 2, y: 3 });
    expect(plain(firstAction(plan)?.parameters)).toEqual({ c: 30 });
    expect(plain(firstAction(plan)?.annotations)).toEqual({ z: 1 });
    expect(plain(plan.triggers[0]?.parameters)).toEqual({ d: 40 });
    expect(opened.warnings).toEqual([
      "The package [q] in the deployment file was not found in the manifest file.",
      "The action [other] in the deployment file was not found in the manifest file.",
      "The trigger [gone] in the deployment file was not found in the manifest file.",
    ]);
  });

  test("may have the values of required inputs", async () => {
    const need = "{need: {type: string, required: true}}";
    const files = {
      "manifest.yaml": inPackage(
        `inputs: ${need}\nactions:\n  a: {function: a.js, inputs: ${need}}\ntriggers:\n  t: {inputs: ${need}}`,
      ),
      "a.js": HELLO,
    };
    const all =
      "inputs: {need: 1}, actions: {a: {inputs: {need: 2}}}, triggers: {t: {inputs: {need: 3}}}";
    using whole = openProject({ ...files, "deployment.yaml": `packages: {p: {${all}}}` });
    const plan = await whole.plan();
    expect(plain(plan.packages[0]?.parameters)).toEqual({ need: 1 });
    expect(plain(firstAction(plan)?.parameters)).toEqual({ need: 2 });
    expect(plain(plan.triggers[0]?.parameters)).toEqual({ need: 3 });
    using half = openProject({ ...files, "deployment.yaml": "packages: {p: {inputs: {need: 1}}}" });
    await expect(half.plan()).rejects.toThrow("for following inputs: need");
  });

  test("must be of the same project", async () => {
    using opened = openProject({
      "manifest.yaml": "project: {name: A, packages: {p: {}}}",
      "deployment.yaml": "project: {name: B, packages: {p: {}}}",
    });
    await expect(opened.plan()).rejects.toThrow("The project named [B] in deployment file");
  });
});

describe("managed deployments", () => {
  test("every entity carries the mark", async () => {
    using opened = project(
      "actions:\n  a: {function: a.js}\ntriggers: {t: {}}\nrules: {r: {trigger: t, action: a}}",
    );
    const plan = await opened.plan({ isManaged: true, project: "P" });
    const marks = [plan.packages[0], firstAction(plan), ...plan.triggers, ...plan.rules].map(
      (one) => one?.annotations.find(({ key }) => key === "whisk-managed"),
    );
    expect(marks).toHaveLength(4);
    for (const mark of marks) expect(mark).toEqual(plan.managed);
    expect(JSON.parse(encode(plan.managed?.value))).toEqual({
      file: `${opened.folder}/manifest.yaml`,
      projectDeps: [],
      projectHash: expect.stringMatching(/^[0-9a-f]{40}$/),
      projectName: "P",
    });
  });

  test("need a name", async () => {
    using opened = openProject({ "manifest.yaml": "packages: {p: {}}" });
    await expect(opened.plan({ isManaged: true })).rejects.toThrow(
      "[ERROR_YAML_FILE_FORMAT_ERROR]: File: [manifest.yaml]: The mandatory key [project name] is missing.",
    );
  });

  test("the hash has the size as one character", () => {
    // SHA-1 of "OpenWhisk" "A" "golang" NUL and 65 bytes, as other tools compute it.
    const content = Buffer.alloc(65, "x");
    expect(projectHash(content)).toBe(SHA1_OF_65);
  });
});

const SHA1_OF_65 = "34c822f7f2f507c6c8330437c60f2934459ee79a";

describe("dependencies", () => {
  const depends = (location: string): string =>
    `packages:\n  p:\n    dependencies:\n      label: {location: ${location}, inputs: {k: 1}}\n`;

  test("of the platform are bound", async () => {
    using opened = openProject({ "manifest.yaml": depends("/whisk.system/utils") });
    const [dependency] = (await opened.plan()).packages[0]?.dependencies ?? [];
    expect(dependency).toMatchObject({
      label: "label",
      binding: { namespace: "whisk.system", name: "utils" },
      project: undefined,
    });
    expect(plain(dependency?.parameters)).toEqual({ k: 1 });
  });

  test("in folders are projects of their own", async () => {
    using opened = openProject({
      "manifest.yaml": depends("./dep"),
      "dep/manifest.yml": "packages: {other: {actions: {a: {function: a.py}}}}",
      "dep/a.py": "def main(a): return a",
    });
    const [dependency] = (await opened.plan()).packages[0]?.dependencies ?? [];
    expect(dependency?.project?.packages[0]?.actions[0]?.exec?.kind).toBe("python:3.11");
  });

  test.each([
    ["somewhere", "Dependency type is unknown. [somewhere]"],
    ["/only", "A valid qualified name was not detected: /only"],
    ["./nowhere", "[ERROR_MANIFEST_FILE_NOT_FOUND]"],
    ["./two", "Dependency label has multiple packages in manifest file: a, b."],
    ["./loop", "Dependency [l] leads back to itself"],
    ["file:///nonexistent/repository.git", "Unable to fetch the dependency file:///nonexistent"],
  ])("%s is refused", async (location, expected) => {
    using opened = openProject({
      "manifest.yaml": depends(location),
      "two/manifest.yaml": "packages: {a: {}, b: {}}",
      "loop/manifest.yaml": "packages: {a: {dependencies: {l: {location: ../loop}}}}",
    });
    await expect(opened.plan({ env: { PATH: process.env["PATH"] } })).rejects.toThrow(expected);
  });

  test("without git say what to do", async () => {
    using opened = openProject({ "manifest.yaml": depends("https://127.0.0.1/x.git") });
    await expect(opened.plan({ env: { PATH: opened.folder } })).rejects.toThrow(
      "git is not installed. Install it, or name a local folder as location.",
    );
  });

  test("of one label are one dependency", async () => {
    using opened = openProject({
      "manifest.yaml":
        "packages:\n  p: {dependencies: {l: {location: /a/b}}}\n  q: {dependencies: {l: {location: /a/c}}}\n",
    });
    await expect(opened.plan()).rejects.toThrow(
      "One single dependency [l] has two different locations",
    );
  });
});

test("the preview shows it all", async () => {
  const { plan } = await planOf(`
inputs: {i: {a: 1}}
annotations: {m: {x: [1, 2]}}
dependencies: {utils: {location: /whisk.system/utils}}
actions: {a: {function: a.js, inputs: {k: v}}}
sequences: {s: {actions: a}}
triggers: {t: {inputs: {n: 1}}}
rules: {r: {trigger: t, action: a}}
`);
  expect(previewText(plan)).toBe(`Packages:
Name: p
    bindings: 
        - i : {
  "a": 1
}
    annotation: 
        - m : map[x:[1 2]]
  * dependency: utils
    location: /whisk.system/utils

  * action: a
    bindings: 
        - k : "v"
    annotation: 

  * sequence: s
    annotation: 

Triggers:
* trigger: t
    bindings: 
        - n : 1
    annotation: 

Rules
* rule: r
    annotation: 
    - trigger: t
    - action: p/a

`);
});
