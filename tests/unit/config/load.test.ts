import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { load, problemsOf, settingsFile } from "./helpers.ts";

describe("sources", () => {
  test("without any source every setting has its default", async () => {
    const { config, origins } = await load();
    expect(config.api).toEqual({
      host: "127.0.0.1",
      port: 3233,
      headerBytesMax: 32768,
      uriBytesMax: 8192,
      bodyBytesMax: 52428800,
      waitMaxMs: 60000,
    });
    expect(config.data.folder).toBe("/home/ada/.meringue");
    expect(new Set(origins.values())).toEqual(new Set(["default"]));
  });

  test("flag beats environment beats file beats default", async () => {
    using file = settingsFile(
      "api: {port: 1001, wait_max_ms: 1002}\nqueue.length_max: 1003\nlog: {level: error}\n",
    );
    const { config, origins } = await load({
      file: file.path,
      env: { MERINGUE_API_PORT: "2001", MERINGUE_QUEUE_LENGTH_MAX: "2003" },
      flags: { "api.port": "3001" },
    });
    expect(config.api.port).toBe(3001);
    expect(config.queue.lengthMax).toBe(2003);
    expect(config.api.waitMaxMs).toBe(1002);
    expect(config.log.level).toBe("error");
    expect(origins.get("api.port")).toBe("flag");
    expect(origins.get("queue.length_max")).toBe("environment");
    expect(origins.get("api.wait_max_ms")).toBe("file");
    expect(origins.get("api.host")).toBe("default");
  });

  test("the file may be JSON, nested or with dotted keys", async () => {
    using file = settingsFile('{"api": {"port": 8080}, "action.timeout.max_ms": 600000}', "m.json");
    const { config } = await load({ file: file.path });
    expect(config.api.port).toBe(8080);
    expect(config.action.timeout.maxMs).toBe(600_000);
  });

  test("an empty file and an empty value leave the defaults", async () => {
    using empty = settingsFile("# nothing yet\n");
    expect((await load({ file: empty.path })).config.api.port).toBe(3233);
    using blank = settingsFile("api:\n  port:\nqueue:\n");
    expect((await load({ file: blank.path })).config.api.port).toBe(3233);
  });

  test("a relative path counts from its file, or from the shell's folder; ~ is home", async () => {
    using file = settingsFile("data: {folder: here}\nruntimes: {manifest: ../kinds.json}\n");
    const { config } = await load({ file: file.path });
    expect(config.data.folder).toBe(join(dirname(file.path), "here"));
    expect(config.runtimes.manifest).toBe(join(dirname(file.path), "..", "kinds.json"));
    const shell = await load({ flags: { "data.folder": "there" } });
    expect(shell.config.data.folder).toBe("/srv/work/there");
    const home = await load({ env: { MERINGUE_DATA_FOLDER: "~/x" } });
    expect(home.config.data.folder).toBe("/home/ada/x");
  });

  test("the result cannot be changed, at any depth", async () => {
    const { config } = await load();
    const open: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      if (!Object.isFrozen(value)) open.push(path);
      for (const [name, child] of Object.entries(value)) visit(child, `${path}.${name}`);
    };
    visit(config, "config");
    expect(open).toEqual([]);
  });
});

describe("problems", () => {
  test("all problems of all sources come in one error", async () => {
    using file = settingsFile("api: {prot: 1, port: 70000}\nisolation: bwarp\nfoo: 1\n");
    const problems = await problemsOf({
      file: file.path,
      env: { MERINGUE_LOG_LEVEL: "loud", MERINGUE_QUEUE_LENGTH: "1" },
      flags: { "pool.memory_mb": "x" },
    });
    expect(problems).toEqual([
      `${file.path}: api.prot is unknown, did you mean "api.port"?`,
      `${file.path}: foo is unknown`,
      'environment MERINGUE_QUEUE_LENGTH is unknown, did you mean "MERINGUE_QUEUE_LENGTH_MAX"?',
      `isolation (${file.path}): "bwarp" is not one of auto, bwrap, unshare, none, required, ` +
        'did you mean "bwrap"?',
      `api.port (${file.path}): 70000 is more than 65535`,
      'pool.memory_mb (flag --pool-memory-mb): "x" is not a whole number (MB)',
      'log.level (environment MERINGUE_LOG_LEVEL): "loud" is not one of debug, info, warn, error',
    ]);
  });

  test("variables by which an orchestrator names services are left alone", async () => {
    const env = {
      MERINGUE_SERVICE_HOST: "10.0.0.1",
      MERINGUE_SERVICE_PORT_API: "3233",
      MERINGUE_PORT: "tcp://10.0.0.1:3233",
      MERINGUE_PORT_3233_TCP_ADDR: "10.0.0.1",
    };
    expect(await problemsOf({ env })).toEqual([]);
    expect(await problemsOf({ env: { MERINGUE_PORT: "3233" } })).toHaveLength(1);
  });

  test("a file that is missing, broken, or no group of settings", async () => {
    expect(await problemsOf({ file: "/nowhere/m.yaml" })).toEqual([
      "/nowhere/m.yaml: cannot be read: no such file",
    ]);
    using broken = settingsFile("api: {port: 1\n");
    const [problem = ""] = await problemsOf({ file: broken.path });
    expect(problem).toMatch(/at line 2/);
    using list = settingsFile("- api\n");
    expect(await problemsOf({ file: list.path })).toEqual([
      `${list.path}: the whole is not a group of settings`,
    ]);
    using scalar = settingsFile("api: 3233\n");
    expect(await problemsOf({ file: scalar.path })).toEqual([
      `${scalar.path}: api is not a group of settings`,
    ]);
  });

  test("a key that stands twice, nested and dotted", async () => {
    using file = settingsFile("api: {port: 1}\napi.port: 2\n");
    expect(await problemsOf({ file: file.path })).toEqual([`${file.path}: api.port stands twice`]);
  });

  test("a settings file of the original is told apart", async () => {
    using file = settingsFile('include classpath("standalone.conf")\nwhisk {\n  a = 1\n}\n');
    const [problem] = await problemsOf({ file: file.path });
    expect(problem).toContain("HOCON");
  });
});

describe("values", () => {
  test.each([
    ["api.port", "0", "65535", "65536"],
    ["store.commit_interval_ms", "1", "1000", "1001"],
    ["action.concurrency.max", "1", "10000", "10001"],
    ["activations.retention_age_ms", "60000", "3650 d", "3651 d"],
  ])("%s: %s and %s are inside, %s is not", async (key, least, most, beyond) => {
    expect(await problemsOf({ flags: { [key]: least } })).toEqual([]);
    expect(await problemsOf({ flags: { [key]: most } })).toEqual([]);
    expect(await problemsOf({ flags: { [key]: beyond } })).toHaveLength(1);
  });

  test("less than the least", async () => {
    expect(await problemsOf({ flags: { "pool.memory_mb": "255" } })).toEqual([
      "pool.memory_mb (flag --pool-memory-mb): 255 is less than 256",
    ]);
    expect(await problemsOf({ flags: { "pool.memory_mb": "256" } })).toEqual([]);
  });

  test.each([
    ["response.truncation_bytes", "512 KB", 524288],
    ["response.truncation_bytes", "512kib", 524288],
    ["response.truncation_bytes", "7", 7],
    ["queue.wait_max_ms", "2 min", 120000],
    ["queue.wait_max_ms", "90s", 90000],
    ["pool.memory_mb", "2 GB", 2048],
  ])("%s may be written %j", async (key, text, value) => {
    const { config } = await load({ flags: { [key]: text } });
    const [group = "", name = ""] = key.split(".");
    const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const found = (config as unknown as Record<string, Record<string, unknown>>)[group]?.[camel];
    expect(found).toBe(value);
  });

  test.each(["", "1.5", "1e3", "0x10", "5 parsecs", "99999999999999999999", "-1"])(
    "%j is no port",
    async (text) => {
      expect(await problemsOf({ flags: { "api.port": text } })).toHaveLength(1);
    },
  );

  test.each([true, [1], { a: 1 }, 1.5])("%j in the file is no port", async (value) => {
    using file = settingsFile(JSON.stringify({ api: { port: value } }));
    expect(await problemsOf({ file: file.path })).toHaveLength(1);
  });

  test("words instead of a number", async () => {
    using file = settingsFile("throttle: {concurrent: off}\nmetrics.port: 9100\n");
    const { config } = await load({ file: file.path, flags: { limits: "original" } });
    expect(config.throttle.concurrent).toBe("off");
    expect(config.metrics.port).toBe(9100);
    expect(await problemsOf({ flags: { "metrics.port": "of" } })).toEqual([
      'metrics.port (flag --metrics-port): "of" is not a whole number or "api" or "off"',
    ]);
  });

  test("prewarm: kinds have colons themselves; nothing means none", async () => {
    const { config } = await load({ flags: { "pool.prewarm": "nodejs:20:2:256, python:3:0:128" } });
    expect(config.pool.prewarm).toEqual([
      { kind: "nodejs:20", count: 2, memoryMb: 256 },
      { kind: "python:3", count: 0, memoryMb: 128 },
    ]);
    expect((await load({ flags: { "pool.prewarm": "" } })).config.pool.prewarm).toEqual([]);
    using file = settingsFile('pool.prewarm: ["nodejs:20:1:256"]\n');
    expect((await load({ file: file.path })).config.pool.prewarm).toHaveLength(1);
    expect(await problemsOf({ flags: { "pool.prewarm": "nodejs:20,nodejs:20:101:1" } })).toEqual([
      'pool.prewarm (flag --pool-prewarm): "nodejs:20" is not kind:count:memory, ' +
        "such as nodejs:20:2:256",
      'pool.prewarm (flag --pool-prewarm): "nodejs:20:101:1" asks for more than 100 processes',
    ]);
  });

  test.each(["127.0.0.1", "::1", "localhost", "a.example.org"])("host %s", async (host) => {
    expect((await load({ flags: { "api.host": host } })).config.api.host).toBe(host);
  });
  test.each(["", "http://x", "a b", "1.2.3.4:80", "-a"])("%j is no host", async (host) => {
    expect(await problemsOf({ flags: { "api.host": host } })).toHaveLength(1);
  });
});

describe("rules between settings", () => {
  test.each([
    [{ "action.timeout.max_ms": "60000" }, { "action.timeout.max_ms": "59999" }],
    [{ "action.memory.min_mb": "256" }, { "action.memory.min_mb": "257" }],
    [{ "api.body_bytes_max": "50331648" }, { "api.body_bytes_max": "50331647" }],
    [{ "response.bytes_max": "1048576" }, { "response.bytes_max": "1048575" }],
    [{ "api.header_bytes_max": "8192" }, { "api.header_bytes_max": "8191" }],
    [
      { "pool.memory_mb": "512", "pool.prewarm": "nodejs:20:2:256" },
      { "pool.memory_mb": "511", "pool.prewarm": "nodejs:20:2:256" },
    ],
  ])("%j holds, %j does not", async (good, bad) => {
    expect(await problemsOf({ flags: good })).toEqual([]);
    expect(await problemsOf({ flags: bad })).toHaveLength(1);
  });

  test("an action may not ask for more memory than the pool has", async () => {
    expect(
      await problemsOf({ flags: { "pool.memory_mb": "1024", "action.memory.max_mb": "1025" } }),
    ).toEqual(["action.memory.max_mb (1025) is more than pool.memory_mb (1024)"]);
  });

  test("without a sandbox only loopback is served", async () => {
    const host = "0.0.0.0";
    expect(await problemsOf({ flags: { isolation: "none", "api.host": host } })).toHaveLength(1);
    expect(await problemsOf({ flags: { isolation: "bwrap", "api.host": host } })).toEqual([]);
    expect(await problemsOf({ flags: { isolation: "none" } })).toEqual([]);
  });

  test("they are not judged while a value is wrong in itself", async () => {
    const problems = await problemsOf({
      flags: { "action.timeout.max_ms": "59999", "api.port": "x" },
    });
    expect(problems).toEqual(['api.port (flag --port): "x" is not a whole number']);
  });
});

describe("defaults", () => {
  test("limits original: the stock values", async () => {
    const { config } = await load({ flags: { limits: "original" } });
    expect(config.throttle).toEqual({
      invocationsPerMinute: 60,
      firesPerMinute: 60,
      concurrent: 30,
    });
    expect(config.action.concurrency.max).toBe(1);
    expect(config.action.memory.maxMb).toBe(512);
    expect(config.action.timeout).toEqual({ minMs: 100, defaultMs: 60000, maxMs: 300000 });
  });

  test("limits open: nothing that annoys on one's own machine", async () => {
    const { config } = await load();
    expect(config.throttle).toEqual({
      invocationsPerMinute: "off",
      firesPerMinute: "off",
      concurrent: "off",
    });
    expect(config.action.concurrency.max).toBe(500);
    expect(config.action.memory.maxMb).toBe(4096);
  });

  test("limits original leaves alone what was set, from any source", async () => {
    const { config } = await load({
      flags: { limits: "original" },
      env: { MERINGUE_THROTTLE_CONCURRENT: "7", MERINGUE_ACTION_CONCURRENCY_MAX: "200" },
    });
    expect(config.throttle.concurrent).toBe(7);
    expect(config.action.concurrency.max).toBe(200);
    expect(config.throttle.invocationsPerMinute).toBe(60);
  });

  test.each([
    [100, 256, []],
    [1024, 512, []],
    [2048, 1024, ["nodejs:default"]],
    [8192, 4096, ["nodejs:default", "python:default"]],
  ])("a machine of %i MB has a pool of %i MB", async (memoryMb, poolMb, kinds) => {
    for (const limits of ["open", "original"]) {
      const { config } = await load({ machine: { memoryMb }, flags: { limits } });
      expect(config.pool.memoryMb).toBe(poolMb);
      expect(config.pool.prewarm.map((row) => row.kind)).toEqual(kinds);
    }
  });
});

describe("keys of parameter encryption", () => {
  const key = (bytes: number): string => Buffer.alloc(bytes, 1).toString("base64");

  test("come as a list or as text, from file and environment", async () => {
    const env = {
      MERINGUE_PARAMETER_STORAGE_CURRENT: "aes-128",
      MERINGUE_PARAMETER_STORAGE_AES_128: `${key(16)},${Buffer.alloc(16, 2).toString("base64")}`,
    };
    const { config } = await load({ env });
    expect(config.parameterStorage.current).toBe("aes-128");
    expect(config.parameterStorage.aes128).toHaveLength(2);
    using file = settingsFile(`parameter_storage: {aes_256: ["${key(32)}"]}`);
    const other = await load({ file: file.path });
    expect(other.config.parameterStorage.aes256).toEqual([key(32)]);
  });

  test.each([key(15), key(17), key(32), "", "not base64!"])(
    "%j is no key of aes-128, and is not quoted",
    async (text) => {
      const problems = await problemsOf({ env: { MERINGUE_PARAMETER_STORAGE_AES_128: text } });
      expect(problems).toEqual([
        "parameter_storage.aes_128 (environment MERINGUE_PARAMETER_STORAGE_AES_128): " +
          "is not a list of keys of 16 bytes in base64",
      ]);
    },
  );

  test("a scheme without a key is a problem, not silence", async () => {
    const env = { MERINGUE_PARAMETER_STORAGE_CURRENT: "aes-256" };
    expect(await problemsOf({ env })).toEqual([
      "parameter_storage.current is aes-256, and parameter_storage.aes_256 has no key",
    ]);
  });
});
