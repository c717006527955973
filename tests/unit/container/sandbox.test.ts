import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeEtcFolder } from "../../../src/container/etc-folder.ts";
import { candidates, warningsOf } from "../../../src/container/isolation.ts";
import { type SandboxPlan, sandboxCommand } from "../../../src/container/sandbox.ts";
import { Slots } from "../../../src/container/slots.ts";

const TOOLS = {
  bwrap: "/b/bwrap",
  unshare: "/b/unshare",
  setpriv: "/b/setpriv",
  prlimit: "/b/prlimit",
};
const PLAN: SandboxPlan = {
  level: { isolation: "bwrap", uidMode: "own", network: "host" },
  tools: TOOLS,
  command: ["/opt/x/bin/node", "{launcher}/l.cjs", "{tmp}"],
  env: { __OW_API_HOST: "http://h" },
  prefixes: ["/opt/x"],
  launcherFolder: "/src/runtimes/nodejs",
  modulesFolder: "/dist/m",
  etc: { folder: "/run/m/etc", mounted: ["ssl/certs"] },
  tmpFolder: "/var/f/c1",
  tmpBytesMax: 1000,
  uid: 61_007,
  limits: [],
  rootLinks: [{ path: "/lib", target: "usr/lib" }],
  rootFolders: ["/usr"],
};

function text(plan: Partial<SandboxPlan>): string {
  const { command, args } = sandboxCommand({ ...PLAN, ...plan });
  return [command, ...args].join(" ");
}

describe("command line", () => {
  test("bwrap with an own uid: capabilities only for the change of user, own environment", () => {
    const line = text({});
    expect(line).toContain("--cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID");
    expect(line).toMatch(/-- \/b\/setpriv --reuid 61007 --regid 61007 --clear-groups/);
    expect(line).toContain("-- /opt/x/bin/node /launcher/l.cjs /tmp");
    expect(line).toContain("--perms 0755 --dir /opt --ro-bind /opt/x /opt/x");
    expect(line).toContain("--ro-bind /dist/m /node_modules");
    expect(line).toContain("--size 1000 --tmpfs /tmp");
    expect(line).toContain("--clearenv --setenv PATH /opt/x/bin:/usr/local/bin:/usr/bin:/bin");
    expect(line).not.toContain("--unshare-user");
    expect(line).not.toContain("--unshare-net");
    expect(line).toContain("--ro-bind /run/m/etc /etc --ro-bind-try /etc/ssl/certs /etc/ssl/certs");
    expect(sandboxCommand(PLAN).env).toEqual({});
  });

  test("bwrap without root: a user namespace, no capability, no setpriv", () => {
    const level = { isolation: "bwrap", uidMode: "namespace", network: "none" } as const;
    const line = text({ level, apiSocket: "/run/m/api.sock" });
    expect(line).toContain("--unshare-net --unshare-user --uid 1000 --gid 1000");
    expect(line).not.toMatch(/--cap-add|setpriv|resolv/);
    expect(line).toContain("--dir /run --bind /run/m/api.sock /run/api.sock");
  });

  test("limits come before the change of user", () => {
    const limits = [{ name: "nproc", value: 10 }] as const;
    expect(text({ limits })).toContain("-- /b/prlimit --nproc=10:10 -- /b/setpriv");
  });

  test("below bwrap: own folder as HOME and TMPDIR, dies with the spawner", () => {
    const level = { isolation: "none", uidMode: "own", network: "host" } as const;
    const { env, tmp, command, args } = sandboxCommand({ ...PLAN, level });
    expect(env).toMatchObject({ HOME: "/var/f/c1", TMPDIR: "/var/f/c1" });
    expect(tmp).toEqual({ path: "/var/f/c1", uid: 61_007 });
    expect([command, ...args].join(" ")).toContain("--pdeathsig KILL");
    const unshare = text({ level: { ...level, isolation: "unshare" } });
    expect(unshare).toContain("/b/unshare --pid --fork --kill-child=KILL --mount-proc");
  });
});

describe("choice of the level", () => {
  const root = { tools: TOOLS, isRoot: true, rootFolders: [], rootLinks: [] };
  const user = { ...root, isRoot: false };
  const names = (...of: Parameters<typeof candidates>) =>
    candidates(...of).map(({ isolation, uidMode }) => `${isolation}/${uidMode}`);

  test("auto goes from the strongest to the weakest", () => {
    expect(names("auto", "host", root)).toEqual([
      "bwrap/own",
      "bwrap/namespace",
      "unshare/own",
      "none/own",
      "none/same",
    ]);
    expect(names("auto", "host", user)).toEqual([
      "bwrap/namespace",
      "unshare/namespace",
      "none/same",
    ]);
  });

  test("required never goes below bwrap", () => {
    expect(names("required", "host", root)).toEqual(["bwrap/own", "bwrap/namespace"]);
    expect(names("required", "host", { ...root, tools: {} })).toEqual([]);
  });

  test("network none is only promised at bwrap", () => {
    const levels = candidates("auto", "none", root);
    expect(
      levels.filter(({ network }) => network === "none").map((each) => each.isolation),
    ).toEqual(["bwrap", "bwrap"]);
  });

  test("warnings say what is weaker and why", () => {
    const none = { isolation: "none", uidMode: "same", network: "host" } as const;
    expect(warningsOf("auto", none, ["bwrap: not installed"])).toEqual([
      "functions are not isolated: they see this machine's files and processes (bwrap: not installed)",
      "functions run as the user of the platform, because it cannot change users",
    ]);
    expect(warningsOf("auto", PLAN.level, [])).toEqual([]);
  });
});

test("the sandbox's /etc has certificates and users, no keys", async () => {
  const root = mkdtempSync(join(tmpdir(), "etc-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const source = join(root, "etc");
  mkdirSync(join(source, "ssl/private"), { recursive: true });
  writeFileSync(join(source, "ssl/private/own.key"), "secret");
  writeFileSync(join(source, "ssl/ca.pem"), "ca");
  writeFileSync(join(source, "shadow"), "secret");
  writeFileSync(join(source, "hosts"), "127.0.0.1 h");
  for (const [network, has] of [
    ["host", true],
    ["none", false],
  ] as const) {
    const made = join(root, network);
    const { mounted } = await makeEtcFolder(made, network, [1000, 61_000], source);
    expect(mounted).toEqual([]);
    expect(readFileSync(join(made, "ssl/ca.pem"), "utf8")).toBe("ca");
    expect(existsSync(join(made, "hosts"))).toBe(has);
    expect(["shadow", "ssl/private"].map((name) => existsSync(join(made, name)))).toEqual([
      false,
      false,
    ]);
    expect(readFileSync(join(made, "passwd"), "utf8")).toContain("function1:x:61000:61000:");
  }
});

test("large folders of the machine's /etc are mounted, unless something in them is secret", async () => {
  const root = mkdtempSync(join(tmpdir(), "etc-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const source = join(root, "etc");
  for (const name of ["alternatives", "ssl/certs/sub"]) {
    mkdirSync(join(source, name), { recursive: true });
    writeFileSync(join(source, name, "file"), name);
  }
  const clean = await makeEtcFolder(join(root, "clean"), "none", [], source);
  expect([...clean.mounted].sort()).toEqual(["alternatives", "ssl/certs"]);
  expect(readdirSync(join(clean.folder, "ssl/certs"))).toEqual([]);
  writeFileSync(join(source, "ssl/certs/sub/my-host.test.key"), "secret");
  const other = await makeEtcFolder(join(root, "other"), "none", [], source);
  expect(other.mounted).toEqual(["alternatives"]);
  expect(readdirSync(join(other.folder, "ssl/certs/sub"))).toEqual(["file"]);
});

test("slots: the lowest free number, given back", () => {
  const slots = new Slots();
  expect([slots.take(), slots.take(), slots.take()]).toEqual([0, 1, 2]);
  slots.give(1);
  expect([slots.take(), slots.take()]).toEqual([1, 3]);
});
