/**
 * The lines of the user documents that speak to an `https://` address without a port, as they are
 * written there: HTTPS on 443, with the client downloaded from the server itself.
 * docs/user-documents.md names this file for them.
 */
import { readFileSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { HOST_443 as HOST, mayBind443 } from "../helpers/port-443.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";

type Step = {
  /** As the document has it. */
  readonly command: string;
  readonly prints: RegExp;
};

const keyAndHost = new RegExp(
  "^ok: whisk auth set\\. Run 'wsk property get --auth' to see the new value\\.\n" +
    `ok: whisk API host set to (https://)?${HOST.replaceAll(".", "\\.")}(:443)?\n$`,
  "u",
);
const help = /Usage:\n[\s\S]*action[\s\S]*property/u;

/** A machine with Node.js: the script. */
const macSteps: readonly Step[] = [
  {
    command:
      "curl -L --insecure https://192.168.33.13/cli/go/download/mac/amd64/wsk > /usr/local/bin/wsk",
    prints: /^$/u,
  },
  { command: "chmod +x /usr/local/bin/wsk", prints: /^$/u },
  { command: "wsk help", prints: help },
];

/** A machine without: the executable. */
const linuxSteps: readonly Step[] = [
  {
    command:
      'sudo sh -c "curl -L --insecure https://192.168.33.13/cli/go/download/linux/amd64/wsk > ' +
      '/usr/local/bin/wsk"',
    prints: /^$/u,
  },
  { command: "sudo chmod +x /usr/local/bin/wsk", prints: /^$/u },
  {
    command: `wsk property set --apihost 192.168.33.13 --auth ${guestKey}`,
    prints: keyAndHost,
  },
  {
    command: `wsk -i property set --auth ${guestKey} --apihost https://35.188.204.73:443`,
    prints: keyAndHost,
  },
  {
    command: "wsk -i list",
    prints: /^Entities in namespace: default\npackages\nactions\ntriggers\nrules\n$/u,
  },
];

/** The documents' own certificate, which they hand to nginx. */
const certSteps: readonly Step[] = [
  { command: "mkdir -p certs", prints: /^$/u },
  {
    command:
      "openssl req -x509 -newkey rsa:2048 -keyout certs/key.pem -out certs/cert.pem -nodes " +
      '-subj "/CN=localhost" -days 365',
    prints: /^$/u,
  },
];

const played = [...macSteps, ...linuxSteps, ...certSteps].map(({ command }) => command);

test("docs/user-documents.md names this file for exactly these commands", () => {
  const text = readFileSync(join(root, "docs", "user-documents.md"), "utf8");
  const rows = [
    ...text.matchAll(/^\| (`+) ?(.*?) ?\1 +\|.*`tests\/e2e\/documents-https\.test\.ts`/gmu),
  ];
  expect(rows.map((row) => row[2]).sort()).toEqual([...played].sort());
});

describe.skipIf(!(await mayBind443()))("where port 443 may be bound", () => {
  let platform: TestPlatform;
  let home: TempDir;

  beforeAll(async () => {
    const args = ["--tls-port", "443", "--tls-host", HOST];
    platform = await startPlatform({ args });
    home = await tempDir("home");
    await mkdir(join(home.path, "bin"));
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  /** The server's address for the document's, a folder of one's own for the system's. */
  const here = (command: string): string =>
    command
      .replaceAll(/192\.168\.33\.13|35\.188\.204\.73/gu, HOST)
      .replaceAll("/usr/local/bin", '"$HOME"/bin')
      // Within the quotes of `sh -c` there are no others.
      .replace(/^(sudo sh -c ".*)"\$HOME"(.*")$/u, "$1$HOME$2");

  function bash(line: string): ReturnType<typeof runProgram> {
    const path = [join(home.path, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""];
    return runProgram("bash", ["-c", `sudo() { "$@"; }\n${line}`], {
      cwd: home.path,
      env: { HOME: home.path, PATH: path.join(delimiter) },
    });
  }

  async function play({ command, prints }: Step): Promise<void> {
    const { code, stdout, stderr } = await bash(here(command));
    // They draw their progress there.
    const noise = /\bcurl\b|^openssl/u.test(command) ? stderr : "";
    expect({ code, stderr }).toEqual({ code: 0, stderr: noise });
    expect(stdout).toMatch(prints);
  }

  test("the index of the downloads leads to every file", async () => {
    const fetched: string[] = [];
    const visit = async (folder: string): Promise<void> => {
      const { stdout } = await bash(
        `curl -sL --insecure https://${HOST}/cli/go/download/${folder}`,
      );
      for (const [, name = ""] of stdout.matchAll(/<a href="([^"]+)">/gu)) {
        if (name === "../") continue;
        if (name.endsWith("/")) await visit(folder + name);
        else fetched.push(folder + name);
      }
    };
    await visit("");
    const { stdout } = await bash(
      `curl -sL --insecure https://${HOST}/cli/go/download/content.json`,
    );
    const { cli } = JSON.parse(stdout) as { cli: Record<string, Record<string, { path: string }>> };
    const named = Object.values(cli).flatMap((system) => Object.values(system));
    expect(fetched).toEqual(expect.arrayContaining(named.map(({ path }) => path)));
    expect(fetched).toEqual(expect.arrayContaining(["content.json", "mac/amd64/wsk"]));
  });

  describe("on a machine with Node.js", () => {
    test.for(macSteps)("$command", (step) => play(step));

    test("the script says the version of the server", async () => {
      const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        version: string;
      };
      const { stdout } = await bash("wsk property get --cliversion");
      expect(stdout).toBe(`whisk CLI version\t${version}\n`);
    });
  });

  // The executable is made of the Node.js that runs the server.
  describe.skipIf(process.arch !== "x64")("on a machine without (linux, amd64)", () => {
    test.for(linuxSteps)("$command", (step) => play(step));

    test("the executable needs nothing of the environment", async () => {
      const wsk = join(home.path, "bin", "wsk");
      expect((await stat(wsk)).size).toBeGreaterThan(50 * 1024 * 1024);
      const { code, stdout } = await runProgram("env", ["-i", wsk, "help"], { cwd: home.path });
      expect(code).toBe(0);
      expect(stdout).toMatch(help);
      // What its linker would load: on a stock Debian or Ubuntu there is no libatomic.
      const env = ["-i", "LD_TRACE_LOADED_OBJECTS=1"];
      const { stdout: loaded } = await runProgram("env", [...env, wsk]);
      expect(loaded).toContain("libc.so.6");
      expect(loaded).not.toContain("libatomic");
    });

    test("without -i it does not trust the server, and says so", async () => {
      const { code, stderr } = await bash("wsk list");
      expect(code).not.toBe(0);
      expect(stderr).toContain("x509: certificate signed by unknown authority");
    });

    test("with the server's certificate it does", async () => {
      const cert = join(platform.dataFolder, "tls", "cert.pem");
      const { code, stderr } = await bash(`NODE_EXTRA_CA_CERTS=${cert} wsk list`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    });
  });

  describe("with the certificate that the documents make", () => {
    test.for(certSteps)("$command", (step) => play(step));

    test("the server takes it, and curl trusts who has it", async () => {
      const certs = join(home.path, "certs");
      const pair = ["--tls-cert", join(certs, "cert.pem"), "--tls-key", join(certs, "key.pem")];
      await using other = await startPlatform({ args: ["--tls-port", "0", ...pair] });
      const https = other.listeners.find(({ role }) => role === "https");
      const { code, stdout } = await bash(
        `curl -s --cacert certs/cert.pem https://localhost:${https?.port}/ping`,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: "pong" });
    });
  });

  test("metrics are closed to others, and there on the API's own listener", async () => {
    const { stdout } = await bash(
      `curl -s --insecure -o "$HOME"/out -w '%{http_code}' https://${HOST}/metrics`,
    );
    expect(stdout).toBe("403");
    expect((await fetch(`${platform.url}/metrics`)).status).toBe(200);
  });

  test("a stop ends the HTTPS listener like the others", async () => {
    expect(await platform.stop()).toEqual({ code: 0, signal: null });
    expect((await bash(`curl -s --insecure https://${HOST}/ping`)).code).toBe(7);
  });
});
