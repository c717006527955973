import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startRecorder } from "../cli/recorder.ts";
import { openSession, type Session } from "../cli/session.ts";
import { type EntityServer, startEntityServer } from "./entity-server.ts";

let server: EntityServer;
let session: Session;

beforeEach(async () => {
  server = await startEntityServer();
  session = openSession();
  session.file(".wskprops", `APIHOST = ${server.host}\nAUTH=u:k\n`);
});

afterEach(async () => {
  session[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

function write(name: string, content: string): string {
  mkdirSync(dirname(join(session.folder, name)), { recursive: true });
  return session.file(name, content);
}

/** Runs `wsk project …` on the project in the session's folder. */
const project = (verb: string, ...args: readonly string[]) =>
  session.run("project", verb, "--project", session.folder, ...args);

const writes = (): readonly string[] => server.asked.filter((call) => !call.startsWith("GET "));

const DEPLOYED = {
  code: 0,
  out: "Success: Deployment completed successfully.\n",
  err: "",
};
const UNDEPLOYED = { ...DEPLOYED, out: "Success: Undeployment completed successfully.\n" };

const WHOLE = `
project:
  name: P
packages:
  p:
    version: 1.0.0
    license: MIT
    inputs: {who: world}
    dependencies:
      tools: {location: /whisk.system/utils, inputs: {k: 1}}
    actions:
      hello: {function: hello.js, web: yes, inputs: {name: Ada}, limits: {timeout: 1000}}
    sequences:
      outer: {actions: inner}
      inner: {actions: "hello, /whisk.system/utils/echo"}
    triggers:
      plain: {inputs: {a: 1}}
      fed: {feed: /whisk.system/alarms/alarm, inputs: {cron: "* * * * *"}}
    rules:
      r: {trigger: plain, action: hello}
    apis:
      club: {club: {"books/{id}": {hello: {method: get, response: http}}}}
`;

function writeWhole(): void {
  write("manifest.yaml", WHOLE);
  write("hello.js", "function main() {}");
}

const FEED = "POST namespaces/whisk.system/actions/alarms/alarm";
const CREATE_API = "POST web/whisk.system/apimgmt/createApi.http";

describe("deploy", () => {
  test("sends everything in the order of need", async () => {
    writeWhole();
    expect(await project("deploy")).toEqual(DEPLOYED);
    expect(writes()).toEqual([
      "PUT packages/p",
      "PUT packages/tools",
      "PUT actions/p/hello",
      "PUT actions/p/inner",
      "PUT actions/p/outer",
      "PUT triggers/plain",
      "PUT triggers/fed",
      FEED,
      "PUT rules/r",
      "POST rules/r",
      CREATE_API,
    ]);
  });

  test("in the form that the platform takes", async () => {
    writeWhole();
    await project("deploy");
    expect(server.entities.get("packages/p")).toMatchObject({
      version: "1.0.0",
      publish: false,
      parameters: [{ key: "who", value: "world" }],
    });
    expect(server.entities.get("packages/tools")).toMatchObject({
      binding: { namespace: "whisk.system", name: "utils" },
      parameters: [{ key: "k", value: 1 }],
    });
    expect(server.entities.get("actions/p/hello")).toMatchObject({
      exec: { kind: "nodejs:20", code: "function main() {}" },
      parameters: [{ key: "name", value: "Ada" }],
      limits: { timeout: 1000 },
      publish: false,
    });
    expect(server.entities.get("actions/p/inner")).toMatchObject({
      exec: { kind: "sequence", components: ["/_/p/hello", "/whisk.system/utils/echo"] },
    });
    expect(server.entities.get("triggers/plain")).toMatchObject({
      parameters: [{ key: "a", value: 1 }],
    });
    expect(server.entities.get("triggers/fed")).toMatchObject({
      parameters: [],
      annotations: [{ key: "feed", value: "/whisk.system/alarms/alarm" }],
    });
    expect(server.bodies.get("POST rules/r")).toMatchObject([{ status: "active" }]);
    expect(server.bodies.get(FEED)).toEqual([
      { authKey: "u:k", cron: "* * * * *", lifecycleEvent: "CREATE", triggerName: "/_/fed" },
    ]);
    expect(server.bodies.get(CREATE_API)).toEqual([
      {
        apidoc: {
          namespace: "_",
          apiName: "club",
          gatewayBasePath: "/club",
          gatewayPath: "/books/{id}",
          gatewayMethod: "GET",
          id: "API:_:/books/{id}",
          action: {
            name: "p/hello",
            namespace: "_",
            backendMethod: "get",
            backendUrl: `${server.host}/api/v1/web/_/p/hello.http`,
            authkey: "u:k",
          },
          pathParameters: [
            {
              name: "id",
              in: "path",
              description: "Default description for 'id'",
              required: true,
              type: "string",
            },
          ],
        },
      },
    ]);
  });

  test("a feed that is there is ended first", async () => {
    writeWhole();
    await project("deploy");
    server.bodies.clear();
    expect(await project("deploy")).toEqual(DEPLOYED);
    const events = server.bodies.get(FEED)?.map((body) => body["lifecycleEvent"]);
    expect(events).toEqual(["DELETE", "CREATE"]);
  });

  test("a trigger whose feed fails is taken away", async () => {
    write("manifest.yaml", "packages: {p: {triggers: {t: {feed: /whisk.system/alarms/alarm}}}}");
    server.results.set("namespaces/whisk.system/actions/alarms/alarm", { error: "no cron" });
    const ran = await project("deploy");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("Error: Deployment did not complete successfully.");
    expect(ran.err).toContain("[ERROR_WHISK_CLIENT_ERROR]: Error code: 246: ");
    expect(ran.err).toContain("Error code: 246: no cron: HTTP Response Status: 502 Bad Gateway");
    expect(server.entities.has("triggers/t")).toBe(false);
  });

  test("a mistake anywhere leaves the platform alone", async () => {
    write("manifest.yaml", "packages:\n  p: {}\n  q: {actions: {a: {function: none.js}}}\n");
    const ran = await project("deploy");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(/^\[ERROR_FILE_READ_ERROR\]: File: \[none\.js\]: ENOENT/);
    expect(server.asked).toEqual([]);
  });

  test("a conflict is tried three times", async () => {
    write("manifest.yaml", "packages: {p: {}}");
    const conflict = {
      status: 409,
      body: { error: "Concurrent modification to resource detected.", code: "c" },
    };
    server.faults.set("PUT packages/p", [conflict, conflict]);
    expect(await project("deploy")).toEqual(DEPLOYED);
    server.faults.set("PUT packages/p", [conflict, conflict, conflict]);
    const ran = await project("deploy");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(
      "Error code: 153: Concurrent modification to resource detected. (code c): HTTP Response Status: 409 Conflict",
    );
    const other = { status: 409, body: { error: "resource already exists", code: "c" } };
    server.faults.set("PUT packages/p", [other]);
    expect((await project("deploy")).code).toBe(1);
  });

  test("-v tells of warnings and steps", async () => {
    write("manifest.yaml", "packages: {p: {}}");
    const { out } = await project("deploy", "-v");
    expect(out).toContain("Warning: The mandatory key [Package version] should be set.");
    expect(out).toContain("Info: Deploying package [p] ...");
    expect(out).toContain("Info: package [p] has been successfully deployed.");
  });

  test("--preview and --report send nothing", async () => {
    writeWhole();
    const preview = await project("deploy", "--preview");
    expect(preview.out).toMatch(/^Packages:\nName: p\n/);
    const report = await project("deploy", "--report", "--param", "name", "Bob");
    expect(report.out).toContain('{\n "Name": "hello",\n "Inputs": {\n  "name": "Bob"\n }\n}\n');
    expect(server.asked).toEqual([]);
  });

  test("a local dependency is deployed, and bound when it is called otherwise", async () => {
    write(
      "manifest.yaml",
      "packages: {p: {dependencies: {label: {location: ./dep}, same: {location: ./same}}}}",
    );
    write("dep/manifest.yaml", "packages: {other: {}}");
    write("same/manifest.yaml", "packages: {same: {}}");
    expect(await project("deploy")).toEqual(DEPLOYED);
    expect(writes()).toEqual([
      "PUT packages/p",
      "PUT packages/other",
      "PUT packages/label",
      "PUT packages/same",
    ]);
    expect(server.entities.get("packages/label")).toMatchObject({
      binding: { namespace: "_", name: "other" },
    });
    expect(await project("undeploy")).toEqual(UNDEPLOYED);
    expect([...server.entities]).toEqual([]);
  });

  test("a dependency in a repository is cloned", async () => {
    write("repository/sub/manifest.yaml", "packages: {fromgit: {actions: {a: {function: a.js}}}}");
    write("repository/sub/a.js", "function main() {}");
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-C", join(session.folder, "repository"), ...args], { stdio: "pipe" });
    git("init", "-q", "-b", "trunk");
    git("add", ".");
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "first");
    git("branch", "v1");
    execFileSync("mv", [join(session.folder, "repository"), join(session.folder, "r.git")]);
    const location = `file://${session.folder}/r.git/sub`;
    write(
      "manifest.yaml",
      `packages: {p: {dependencies: {fromgit: {location: "${location}", version: v1}}}}`,
    );
    const { PATH } = process.env;
    const other = openSession(undefined, { env: { HOME: session.folder, PATH } });
    const ran = await other.run("project", "deploy", "--project", session.folder);
    other[Symbol.dispose]();
    expect(ran).toEqual(DEPLOYED);
    expect(writes()).toEqual(["PUT packages/p", "PUT packages/fromgit", "PUT actions/fromgit/a"]);
  });

  test("a swagger file stands for the APIs", async () => {
    write("api.yaml", 'swagger: "2.0"\nbasePath: /b\ninfo: {title: t}\npaths: {}\n');
    write("manifest.yaml", "project: {name: P, config: api.yaml}\npackages: {p: {}}");
    expect(await project("deploy")).toEqual(DEPLOYED);
    const [body] = server.bodies.get(CREATE_API) ?? [];
    expect(body).toEqual({
      apidoc: {
        namespace: "_",
        swagger: '{"swagger":"2.0","basePath":"/b","info":{"title":"t"},"paths":{}}',
      },
    });
    expect(await project("undeploy")).toEqual(UNDEPLOYED);
    expect(writes()).toContain("DELETE web/whisk.system/apimgmt/deleteApi.http");
    write("api.yaml", "swagger: 2\n");
    expect((await project("deploy")).err).toContain("Swagger file is invalid (missing basePath");
  });
});

describe("undeploy", () => {
  test("takes everything away, what is not there is passed over", async () => {
    writeWhole();
    await project("deploy");
    server.entities.delete("actions/p/inner");
    server.asked.length = 0;
    // Neither code nor values are needed for it.
    rmSync(join(session.folder, "hello.js"));
    expect(await project("undeploy")).toEqual(UNDEPLOYED);
    expect(writes()).toEqual([
      "DELETE web/whisk.system/apimgmt/deleteApi.http",
      "DELETE rules/r",
      "DELETE triggers/plain",
      FEED,
      "DELETE triggers/fed",
      "DELETE actions/p/outer",
      "DELETE actions/p/hello",
      "DELETE packages/p",
      "DELETE packages/tools",
    ]);
    expect([...server.entities]).toEqual([]);
    expect(await project("undeploy")).toEqual(UNDEPLOYED);
  });

  test("an error of the platform is told", async () => {
    write("manifest.yaml", "packages: {p: {}}");
    await project("deploy");
    const full = { status: 409, body: { error: "Package not empty", code: "c" } };
    server.faults.set("DELETE packages/p", [full]);
    const ran = await project("undeploy");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("Error: Undeployment did not complete successfully.");
    expect(ran.err).toContain("Package not empty (code c)");
  });
});

describe("sync", () => {
  const sync = (packages: string) => {
    write("manifest.yaml", `project: {name: P}\npackages: ${packages}`);
    write("a.js", "function main() {}");
    return project("sync");
  };
  const names = () => [...server.entities.keys()].sort();

  test("deletes what left the project, and only that", async () => {
    server.entities.set("triggers/foreign", { name: "foreign", annotations: [] });
    const all =
      "{p: {actions: {a: {function: a.js}, b: {function: a.js}}, triggers: {t: {}, f: {feed: /w/a/x}}, " +
      "rules: {r: {trigger: t, action: a}}}, q: {}, default: {actions: {loose: {function: a.js}}}}";
    expect(await sync(all)).toEqual(DEPLOYED);
    expect(names()).toEqual([
      "actions/loose",
      "actions/p/a",
      "actions/p/b",
      "packages/p",
      "packages/q",
      "rules/r",
      "triggers/f",
      "triggers/foreign",
      "triggers/t",
    ]);
    expect(await sync("{p: {actions: {a: {function: a.js}}}}")).toEqual(DEPLOYED);
    expect(names()).toEqual(["actions/p/a", "packages/p", "triggers/foreign"]);
    const events = server.bodies.get("POST namespaces/w/actions/a/x") ?? [];
    expect(events.map((body) => body["lifecycleEvent"])).toEqual(["CREATE", "DELETE"]);
  });

  test("links the projects it depends on; undeploy --projectname takes them along", async () => {
    write("dep/manifest.yaml", "project: {name: D}\npackages: {lib: {}}");
    expect(await sync("{p: {dependencies: {label: {location: ./dep}}}}")).toEqual(DEPLOYED);
    const annotations = server.entities.get("packages/p")?.["annotations"];
    expect(annotations).toMatchObject([
      { key: "whisk-managed", value: { projectName: "P", projectDeps: [{ key: "/guest/lib" }] } },
    ]);
    const preview = await session.run("project", "undeploy", "--projectname", "P", "--preview");
    expect(preview.out).toContain("Name: lib");
    expect(names()).toEqual(["packages/label", "packages/lib", "packages/p"]);
    const ran = await session.run("project", "undeploy", "--projectname", "P");
    expect(ran).toEqual({ code: 0, out: "", err: "" });
    expect(names()).toEqual([]);
  });

  test("a project that another one needs stays", async () => {
    write("dep/manifest.yaml", "project: {name: D}\npackages: {lib: {}}");
    write(
      "other/manifest.yaml",
      "project: {name: O}\npackages: {o: {dependencies: {lib: {location: ../dep}}}}",
    );
    await sync("{p: {dependencies: {lib: {location: ./dep}}}}");
    await session.run("project", "sync", "--project", join(session.folder, "other"));
    await session.run("project", "undeploy", "--projectname", "P");
    expect(names()).toEqual(["packages/lib", "packages/o"]);
  });

  test("needs a project name", async () => {
    write("manifest.yaml", "packages: {p: {}}");
    expect((await project("sync")).err).toBe(
      "[ERROR_YAML_FILE_FORMAT_ERROR]: File: [manifest.yaml]: The mandatory key [project name] is missing.\n",
    );
    expect(await project("sync", "--projectname", "N")).toEqual(DEPLOYED);
    expect(await project("deploy", "--managed", "--projectname", "N")).toEqual(DEPLOYED);
  });
});

describe("export", () => {
  test("gives back what was deployed", async () => {
    writeWhole();
    await project("sync");
    server.results.set("namespaces/whisk.system/actions/alarms/alarm", {
      config: { cron: "* * * * *", startDate: "now" },
    });
    const manifest = join(session.folder, "out", "manifest.yaml");
    const ran = await session.run(
      "project",
      "export",
      "--projectname",
      "P",
      "--manifest",
      manifest,
    );
    expect(ran).toEqual({
      code: 0,
      err: "",
      out:
        `Manifest exported to: ${manifest}\n` +
        `Exporting project dependencies to ${session.folder}/out/dependencies\n` +
        "Warning! Dependency package utils currently unmanaged by any project. Unable to export this package\n",
    });
    expect(readFileSync(join(session.folder, "out", "p", "hello.js"), "utf8")).toBe(
      "function main() {}",
    );
    const before = structuredClone([...server.entities]);
    await project("undeploy");
    const again = await session.run("project", "sync", "--manifest", manifest);
    expect(again).toEqual(DEPLOYED);
    const plain = (entities: readonly (readonly [string, Record<string, unknown>])[]) =>
      entities.map(([name, { annotations, ...rest }]) => [name, rest]).sort();
    // The platform does not tell which parameters of a feed's trigger are its own.
    expect(plain([...server.entities])).toEqual(plain(before));
  });

  test("texts that look like something else stay texts", async () => {
    write(
      "manifest.yaml",
      `project: {name: P}
packages:
  p:
    inputs: {a: {value: string}, b: 'yes', c: '1', d: {value: {value: 1}}, e: 1.5, f: "0x10", g: 12345678901234567890}
`,
    );
    await project("sync");
    const before = server.entities.get("packages/p")?.["parameters"];
    const manifest = join(session.folder, "manifest.yaml");
    await session.run("project", "export", "--projectname", "P", "--manifest", manifest);
    await project("sync");
    expect(server.entities.get("packages/p")?.["parameters"]).toEqual(before);
  });

  test("a dependency that is a project gets a manifest of its own", async () => {
    write(
      "manifest.yaml",
      "project: {name: P}\npackages: {p: {dependencies: {label: {location: ./dep}}}}",
    );
    write("dep/manifest.yaml", "project: {name: D}\npackages: {lib: {}}");
    await project("sync");
    const manifest = join(session.folder, "out", "m.yaml");
    await session.run("project", "export", "--projectname", "P", "--manifest", manifest);
    expect(existsSync(join(session.folder, "out", "dependencies", "D.yaml"))).toBe(true);
  });

  test("names of the platform lead to no other folder", async () => {
    write("manifest.yaml", "packages: {p: {dependencies: {label: {location: ./dep}}}}");
    write("dep/manifest.yaml", "project: {name: ../../outside}\npackages: {lib: {}}");
    await project("sync", "--projectname", "P");
    const manifest = join(session.folder, "out", "m.yaml");
    await session.run("project", "export", "--projectname", "P", "--manifest", manifest);
    expect(existsSync(join(session.folder, "out", "dependencies", ".._.._outside.yaml"))).toBe(
      true,
    );
    expect(existsSync(join(session.folder, "outside.yaml"))).toBe(false);
  });

  test("needs to know what and whereto", async () => {
    expect((await session.run("project", "export")).err).toContain(
      "--projectname is missing value",
    );
    const ran = await session.run("project", "export", "--projectname", "P");
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.err).toContain("--manifest is missing value");
  });
});

describe("help", () => {
  test("the group lists its commands, also for a word it does not know", async () => {
    const { code, out } = await session.run("project", "report");
    expect(code).toBe(0);
    expect(out).toContain("Available Commands:\n  deploy ");
    expect(await session.run("project")).toMatchObject({ code: 0, out });
  });

  test.each(["deploy", "undeploy", "sync", "export"])("%s has its flags", async (verb) => {
    const { code, out } = await project(verb, "--help");
    expect(code).toBe(0);
    expect(out).toContain(`Usage:\n  wsk project ${verb} [flags]\n`);
    for (const flag of ["-n, --namespace", "--manifest", "--deployment", "--preview", "--config"]) {
      expect(out).toContain(flag);
    }
    expect(out.includes("--managed")).toBe(verb === "deploy");
  });

  test("an unknown flag is refused", async () => {
    const ran = await project("sync", "--managed");
    expect(ran).toMatchObject({ code: 1, out: "", err: "unknown flag: --managed\n" });
  });
});

describe("files and credentials", () => {
  test("without a manifest the usage is shown, and that is no failure", async () => {
    const ran = await project("deploy");
    expect(ran.code).toBe(0);
    expect(ran.out).toContain(`Manifest file not found at path [${session.folder}].\nUsage:\n`);
  });

  test("a manifest may be at an address, its code beside it", async () => {
    const text = "packages: {p: {actions: {a: {function: src/a.js}}}}";
    await using web = await startRecorder({ body: text }, { body: text }, { body: "code" });
    const address = `${web.host}/demo/manifest.yaml`;
    expect(await session.run("project", "deploy", "--manifest", address)).toEqual(DEPLOYED);
    expect(web.asked.map(({ url }) => url)).toEqual([
      "/demo/manifest.yaml",
      "/demo/manifest.yaml",
      "/demo/src/a.js",
    ]);
    expect(server.entities.get("actions/p/a")).toMatchObject({ exec: { code: "code" } });
    await using gone = await startRecorder({ status: 404, body: "" });
    const ran = await session.run("project", "deploy", "--manifest", `${gone.host}/manifest.yaml`);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("[ERROR_FILE_READ_ERROR]: File: [manifest.yaml]: http://127");
    expect(ran.err).toContain("answered 404 Not Found");
  });

  test("a manifest that is named must be there", async () => {
    const ran = await session.run("project", "deploy", "--manifest", "nowhere.yaml");
    expect(ran).toEqual({
      code: 1,
      out: "",
      err:
        "[ERROR_MANIFEST_FILE_NOT_FOUND]: File: [nowhere.yaml]: " +
        "Manifest file not found at path [nowhere.yaml].\n",
    });
  });

  test("missing credentials are all told", async () => {
    session.file(".wskprops", "");
    write("manifest.yaml", "packages: {p: {}}");
    expect((await project("deploy")).err).toBe(
      "[ERROR_WHISK_CLIENT_INVALID_CONFIG]: \n  >> The authentication key is not configured." +
        "\n  >> The API host is not configured.\n",
    );
  });

  test("each comes from the strongest place that has it", async () => {
    session.file(".wskprops", `AUTH=file:k\nNAMESPACE=fromfile\nAPIHOST=${server.host}\n`);
    write(
      "manifest.yaml",
      "project: {credential: 'm:k', namespace: frommanifest}\npackages: {p: {}}",
    );
    await project("deploy");
    write("deployment.yaml", "project: {namespace: fromdeployment}");
    await project("deploy");
    await project("deploy", "-n", "fromflag");
    session.file("other", `AUTH=o:k\nAPIHOST=${server.host}\nNAMESPACE=fromother\n`);
    rmSync(join(session.folder, "deployment.yaml"));
    write("manifest.yaml", "packages: {p: {}}");
    await project("deploy", "--config", join(session.folder, "other"));
    expect(writes()).toEqual([
      "PUT namespaces/frommanifest/packages/p",
      "PUT namespaces/fromdeployment/packages/p",
      "PUT namespaces/fromflag/packages/p",
      "PUT namespaces/fromother/packages/p",
    ]);
  });

  test("a platform that does not answer is told", async () => {
    write("manifest.yaml", "packages: {p: {}}");
    const ran = await project("deploy", "--apihost", "http://127.0.0.1:1");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("[ERROR_WHISK_CLIENT_ERROR]: Error code: 3: ");
    expect(ran.err).toContain("connection refused");
    const strict = await project("deploy", "--apihost", "http://127.0.0.1:1", "--strict");
    expect(strict.err).toContain("[ERROR_RUNTIME_PARSER_FAILURE]: Failed to retrieve runtimes");
  });
});

test("export writes the APIs of its packages when there is a token", async () => {
  session.file(".wskprops", `APIHOST=${server.host}\nAUTH=u:k\nAPIGW_ACCESS_TOKEN=t\n`);
  write("manifest.yaml", WHOLE.replace(/ {4}triggers:[\s\S]*(?= {4}apis:)/, ""));
  write("hello.js", "function main() {}");
  await project("sync");
  const target = { namespace: "guest", package: "p", action: "hello", url: "http://h/hello.http" };
  const get = { operationId: "o", "x-openwhisk": target };
  const other = { operationId: "o", "x-openwhisk": { ...target, package: "other" } };
  const apidoc = {
    info: { title: "club" },
    basePath: "/club",
    paths: { "/books/{id}": { get, post: other } },
  };
  server.results.set("web/whisk.system/apimgmt/getApi.http", { apis: [{ value: { apidoc } }] });
  const manifest = join(session.folder, "manifest.yaml");
  const ran = await session.run("project", "export", "--projectname", "P", "--manifest", manifest);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(manifest, "utf8")).toContain(
    "    apis:\n      club:\n        club:\n          books/{id}:\n            hello:\n" +
      "              method: get\n              response: http\n",
  );
});
