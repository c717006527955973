// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of the original
import { mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Json, JsonObject } from "../../../src/core/documents.ts";
import { readConf } from "../../../src/gateway/conf/conf.ts";
import { loadConf, readPluginNames } from "../../../src/gateway/conf/conf-file.ts";
import { RulesFile } from "../../../src/gateway/conf/rules-file.ts";
import { fillVariables } from "../../../src/gateway/conf/yaml-file.ts";
import { tempDir } from "../../helpers/temp-dir.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const KNOWN = "edd1c9f034335f136f87ad84b625c8f1";

describe("conf/config.yaml", () => {
  const place = (path: string, isExposed = false) => ({
    folder: join(path, "here"),
    dataFolder: join(path, "data"),
    env: {},
    isExposed,
  });

  async function write(path: string, text: string): Promise<string> {
    const folder = join(path, "here", "conf");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "config.yaml"), text);
    return join(folder, "config.yaml");
  }

  test("is made in the data folder, readable by its owner only", async () => {
    await using folder = await tempDir();
    const { path, conf, hasNewKey } = await loadConf(place(folder.path));
    expect(path).toBe(join(folder.path, "data", "conf", "config.yaml"));
    expect(hasNewKey).toBe(true);
    expect(conf.adminKeys).toEqual([{ name: "admin", key: KNOWN, role: "admin" }]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await loadConf(place(folder.path))).hasNewKey).toBe(false);
  });

  test("of the working directory comes first", async () => {
    await using folder = await tempDir();
    const file = await write(folder.path, "deployment: {admin: {admin_key: [{key: mine}]}}");
    const { path, conf } = await loadConf(place(folder.path));
    expect(path).toBe(file);
    expect(conf.adminKeys[0]?.key).toBe("mine");
  });

  test("the public key is replaced when others can reach the API; comments stay", async () => {
    await using folder = await tempDir();
    const text = `# first\ndeployment:\n  admin:\n    admin_key: # keys\n      - name: admin\n        key: ${KNOWN} # this one\n        role: admin\n`;
    const file = await write(folder.path, text);
    const { conf } = await loadConf(place(folder.path, true));
    const key = conf.adminKeys[0]?.key ?? "";
    expect(key).toMatch(/^[A-Za-z]{32}$/);
    const written = await readFile(file, "utf8");
    for (const part of ["# first", "# keys", "# this one", key]) expect(written).toContain(part);
    expect(written).not.toContain(KNOWN);
    expect((await loadConf(place(folder.path, true))).conf.adminKeys[0]?.key).toBe(key);
  });

  test("all but the keys stands as it did", async () => {
    await using folder = await tempDir();
    const text = (first: string, second: string, third: string) => `apisix:
  node_listen:                 # Ports.
    - 9080

deployment:     { admin: { allow_admin: [  127.0.0.1/32 ],
    admin_key: [ {name: a, key: ${first}   },   # the first
      { key: &shared "${second}", name: b }, {name: c, key: mine},
      {"key":${third}} ] } }
`;
    const file = await write(folder.path, text("''", "", ""));
    const { conf } = await loadConf(place(folder.path));
    const [first = "", second = "", mine, third = ""] = conf.adminKeys.map(({ key }) => key);
    expect(mine).toBe("mine");
    const written = await readFile(file, "utf8");
    expect(written).toBe(
      text(`'${first}'`, second, ` '${third}'`).replace(`"${second}"`, `'${second}'`),
    );
    expect((await loadConf(place(folder.path))).hasNewKey).toBe(false);
  });

  test.each([
    ["- x", "must be an object"],
    ["deployment: x", "deployment: must be an object"],
    ["deployment:\n  admin: [x]", "deployment.admin: must be an object"],
    ["deployment:\n  admin:\n    admin_key: mine", "deployment.admin.admin_key: must be a list"],
    ["deployment: {admin: {admin_key: {key: mine}}}", "admin_key: must be a list"],
    ["deployment: {admin: {admin_key: [mine]}}", "admin_key: its items must be objects"],
  ])("%s is refused, with the file's name, and stays as it is", async (text, reason) => {
    await using folder = await tempDir();
    const file = await write(folder.path, text);
    const loading = loadConf(place(folder.path));
    await expect(loading).rejects.toThrow(`${file} cannot be used: `);
    await expect(loading).rejects.toThrow(reason);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  test.each(["", "# nothing\n", "deployment:\n", "deployment:\n  admin:\n    admin_key:\n"])(
    "%o gets a key",
    async (text) => {
      await using folder = await tempDir();
      await write(folder.path, text);
      expect((await loadConf(place(folder.path))).conf.adminKeys[0]?.key).toBe(KNOWN);
    },
  );

  test("a key from the environment is looked at as well", async () => {
    await using folder = await tempDir();
    await write(folder.path, "deployment: {admin: {admin_key: [{key: '${{KEY}}'}]}}");
    const load = (key: string, isExposed: boolean) =>
      loadConf({ ...place(folder.path, isExposed), env: { KEY: key } });
    expect((await load(KNOWN, false)).conf.adminKeys[0]?.key).toBe(KNOWN);
    expect((await load("own", true)).conf.adminKeys[0]?.key).toBe("own");
    await expect(load(KNOWN, true)).rejects.toThrow("everybody knows the key");
    await expect(load("", true)).rejects.toThrow("a key is empty");
  });

  test("an empty key is replaced by one of its own", async () => {
    await using folder = await tempDir();
    await write(folder.path, "deployment: {admin: {admin_key: [{name: a, key: '', role: admin}]}}");
    const { conf } = await loadConf(place(folder.path));
    expect(conf.adminKeys[0]?.key).toMatch(/^[A-Za-z]{32}$/);
  });

  test("a key that is an empty block is replaced too", async () => {
    await using folder = await tempDir();
    const block = "deployment:\n  admin:\n    admin_key:\n      - key: |-\n\n        role: admin\n";
    await write(folder.path, block);
    const { conf } = await loadConf(place(folder.path));
    expect(conf.adminKeys[0]?.key).toMatch(/^[A-Za-z]{32}$/);
    expect((await loadConf(place(folder.path))).conf.adminKeys).toEqual(conf.adminKeys);
  });

  test("that cannot be read stops the start with one line", async () => {
    await using folder = await tempDir();
    await write(folder.path, "a: [");
    await expect(loadConf(place(folder.path))).rejects.toThrow(/config\.yaml cannot be read: .+/);
    await write(folder.path, "apisix: {router: {http: nonsense}}");
    await expect(loadConf(place(folder.path))).rejects.toThrow(
      'apisix.router.http: "nonsense" is none of',
    );
    await write(folder.path, "apisix: {data_encryption: {keyring: [short]}}");
    await expect(loadConf(place(folder.path))).rejects.toThrow("16 or 32 bytes");
    await write(folder.path, "deployment: {admin: {allow_admin: [nonsense]}}");
    await expect(loadConf(place(folder.path))).rejects.toThrow('"nonsense" is no address');
  });

  test("the list of plugins can be read again", async () => {
    await using folder = await tempDir();
    const file = await write(folder.path, "plugins: [cors, echo]");
    expect(await readPluginNames(file, {})).toEqual(["cors", "echo"]);
  });
});

describe("what it says", () => {
  test("has the original's defaults", () => {
    expect(readConf({})).toMatchObject({
      isKeyRequired: true,
      allow: ["127.0.0.0/24"],
      adminCors: true,
      provider: "store",
      keyring: ["qeddd145sfvddff3", "edd1c9f0985e76a2"],
      streams: false,
      plugins: undefined,
      router: "radixtree_host_uri",
      ports: {},
      warnings: [],
    });
  });

  test("warns of a role, and of a provider, that have no effect", () => {
    const { warnings } = readConf({
      deployment: { role: "control_plane", config_provider: "yaml" },
    });
    expect(warnings).toEqual([
      "conf/config.yaml: deployment.config_provider has no effect here",
      "conf/config.yaml: deployment.role control_plane is not served: it is traditional",
    ]);
    expect(readConf({ deployment: { role: "data_plane" } }).warnings).toEqual([]);
  });

  test("chooses ports, modes and plugins", () => {
    const conf = readConf({
      apisix: {
        node_listen: [{ port: 1 }, { port: 2 }],
        ssl: { listen: [{ port: 3 }] },
        control: { port: 4 },
        proxy_mode: "http&stream",
        data_encryption: { enable_encrypt_fields: false },
      },
      deployment: {
        role: "data_plane",
        role_data_plane: { config_provider: "yaml" },
        admin: { admin_listen: { port: 5 }, allow_admin: [] },
      },
      plugins: ["cors"],
      plugin_attr: { prometheus: { export_addr: { port: 6 } } },
    });
    expect(conf.ports).toEqual({ proxy: 1, tls: 3, control: 4, admin: 5, prometheus: 6 });
    expect(conf).toMatchObject({ provider: "yaml", streams: true, keyring: [], plugins: ["cors"] });
    expect(conf.allow).toBeUndefined();
  });

  test("says whom to believe, whom to ask for names, and what to tell", () => {
    const conf = readConf({
      apisix: {
        trusted_addresses: ["10.0.0.0/8"],
        show_upstream_status_in_response_header: true,
        dns_resolver: ["127.0.0.1:53"],
      },
    });
    expect(conf).toMatchObject({
      trustedAddresses: ["10.0.0.0/8"],
      showsUpstreamStatus: true,
      dnsServers: ["127.0.0.1:53"],
      warnings: [],
    });
    const discovery = { dns: { servers: ["127.0.0.1:8600"] } };
    expect(readConf({ discovery }).dnsServers).toEqual(["127.0.0.1:8600"]);
    expect(readConf({})).toMatchObject({ trustedAddresses: [], dnsServers: [] });
  });

  test("is named where it has no effect", () => {
    const { warnings } = readConf({
      nginx_config: { worker_processes: 1 },
      apisix: { node_listen: 1, resolver_timeout: 5 },
      nonsense: 1,
    });
    expect(warnings).toEqual([
      "conf/config.yaml: nginx_config has no effect here",
      "conf/config.yaml: apisix.resolver_timeout has no effect here",
      "conf/config.yaml: nonsense has no effect here",
    ]);
  });

  test("is told of ports beyond the first", () => {
    const listen = [{ port: 1 }, { port: 2 }];
    const { warnings } = readConf({ apisix: { node_listen: [1, 2], ssl: { listen } } });
    expect(warnings).toEqual([
      "conf/config.yaml: of the ports in apisix.node_listen only the first is served",
      "conf/config.yaml: of the ports in apisix.ssl.listen only the first is served",
    ]);
  });

  test("tells where probes ask", () => {
    const statusOf = (status: Json) => readConf({ apisix: { status } }).status;
    expect(statusOf({})).toEqual({ host: "127.0.0.1", port: 7085 });
    expect(statusOf({ ip: "0.0.0.0", port: 1 })).toEqual({ host: "0.0.0.0", port: 1 });
    expect(readConf({}).status).toBeUndefined();
    expect(() => statusOf({ ip: "here" })).toThrow('apisix.status.ip: "here" is no address');
    expect(() => statusOf({ port: "x" })).toThrow("apisix.status.port: must be a number");
  });

  test("takes variables of the environment", () => {
    const env = { PORT: "80", NAME: "x", ON: "true" };
    const value = { a: "${{PORT}}", b: ["${{NAME}}-${{ PORT }}"], c: "${{NONE:=y}}", d: "${{ON}}" };
    expect(fillVariables(value, env)).toEqual({ a: 80, b: ["x-80"], c: "y", d: true });
    expect(() => fillVariables("${{NONE}}", env)).toThrow("can't find environment variable NONE");
  });
});

describe("where metrics are served", () => {
  const hostOf = (prometheus: JsonObject): string | undefined =>
    readConf({ plugin_attr: { prometheus } }).metricsHost;

  test("on loopback, elsewhere, or nowhere", () => {
    expect(hostOf({})).toBe("127.0.0.1");
    expect(hostOf({ export_addr: { ip: "0.0.0.0", port: 9092 } })).toBe("0.0.0.0");
    expect(hostOf({ enable_export_server: false })).toBeUndefined();
    expect(() => hostOf({ export_addr: { ip: "localhost" } })).toThrow("is no address");
  });
});

describe("a file of rules", () => {
  test("is taken when it is complete, and again when it changes", async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "apisix.yaml");
    const seen: unknown[] = [];
    const lines: string[] = [];
    const file = await RulesFile.open({
      path,
      env: { URI: "/env" },
      lookMs: 5,
      onContent: async (document) => void seen.push(document),
      log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
    expect(lines.join()).toContain("cannot be read");
    await writeFile(path, "routes:\n  - uri: ${{URI}}\n");
    await waitFor("the missing end", () => lines.join().includes("missing valid end flag"));
    expect(seen).toEqual([]);
    await writeFile(path, "routes:\n  - uri: ${{URI}}\n#END\n");
    await waitFor("the first content", () => seen.length === 1);
    await writeFile(path, "routes: []\n# longer than before, so that it differs\n#END");
    await waitFor("the second content", () => seen.length === 2);
    await file.stop();
    expect(seen).toEqual([{ routes: [{ uri: "/env" }] }, { routes: [] }]);
  });

  test("is told once, though its time changes between a look at it and its reading", async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "apisix.yaml");
    const seen: unknown[] = [];
    await writeFile(path, "routes: []\n#END\n");
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    using _timers = { [Symbol.dispose]: () => vi.useRealTimers() };
    const file = await RulesFile.open({
      path,
      env: {},
      lookMs: 1000,
      onContent: async (document) => void seen.push(document),
      log: () => {},
    });
    await utimes(path, 1, 1);
    vi.advanceTimersByTime(1000);
    await file.stop();
    expect(seen).toEqual([{ routes: [] }]);
  });
});
