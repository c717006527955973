/**
 * The web page of the user documents: deployed over HTTPS on 443 as they write it, seen in a real
 * browser, and removed again. docs/user-documents.md names this file for these lines.
 */
import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { HOST_443 as HOST, mayBind443 } from "../helpers/port-443.ts";
import { cleanEnv, runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";

/** The function of the book chapter. */
const helloJs = `function main(args) {
    var msg = "you didn't tell me who you are."
    if (args.name) {
        msg = \`hello \${args.name}!\`
    }
    return {body:
       \`<html><body><h3><center>\${msg}</center></h3></body></html>\`}
}
`;
const GREETING = "hello Kubernetes for Serverless Applications!";
const QUERY = "name=Kubernetes%20for%20Serverless%20Applications";
const VANITY = "example.org";

type Step = { readonly command: string; readonly prints: RegExp };

const answer = new RegExp(
  "^HTTP/1\\.1 200 OK\r\n[\\s\\S]*content-type: text/html[\\s\\S]*" +
    `\r\n\r\n<html><body><h3><center>${GREETING}</center></h3></body></html>$`,
  "iu",
);

const steps: readonly Step[] = [
  { command: "wsk -i package create /guest/demo", prints: /^ok: created package demo\n$/u },
  {
    command: "wsk -i action create /guest/demo/hello hello.js --web true",
    prints: /^ok: created action demo\/hello\n$/u,
  },
  {
    command: `http --verify=no https://192.168.33.13/api/v1/web/guest/demo/hello.http?${QUERY}`,
    prints: answer,
  },
  {
    command: `http --verify=no https://35.188.204.73/api/v1/web/guest/demo/hello.http?${QUERY}`,
    prints: answer,
  },
  {
    command: "wsk -i list",
    prints:
      /\npackages\n\/guest\/demo +private\nactions\n\/guest\/demo\/hello +private nodejs:\d+\ntriggers\n/u,
  },
];

const lastSteps: readonly Step[] = [
  {
    command: "wsk -i action delete /guest/demo/hello",
    prints: /^ok: deleted action demo\/hello\n$/u,
  },
  { command: "wsk -i package delete /guest/demo", prints: /^ok: deleted package demo\n$/u },
];

test("docs/user-documents.md names this file for exactly these commands", () => {
  const text = readFileSync(join(root, "docs", "user-documents.md"), "utf8");
  const row = /^\| (`+) ?(.*?) ?\1 +\|.*`tests\/e2e\/documents-page\.test\.ts`/gmu;
  const listed = [...text.matchAll(row)].map((match) => match[2]);
  expect(listed.sort()).toEqual([...steps, ...lastSteps].map(({ command }) => command).sort());
});

/** Undefined when this machine has no Chromium. */
function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const executablePath = findChromium();

describe.skipIf(!(await mayBind443()))("where port 443 may be bound", () => {
  let platform: TestPlatform;
  let home: TempDir;

  beforeAll(async () => {
    const args = ["--tls-port", "443", "--tls-host", HOST, "--edge-vanity-hosts", VANITY];
    platform = await startPlatform({ args });
    home = await tempDir("home");
    await mkdir(join(home.path, "bin"));
    writeFileSync(join(home.path, "hello.js"), helloJs);
    const wsk = `https://${HOST}/cli/go/download/mac/amd64/wsk`;
    await bash(`curl -sL --insecure ${wsk} > bin/wsk && chmod +x bin/wsk`);
    await bash(`wsk -i property set --apihost ${HOST} --auth ${guestKey}`);
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  /** HTTPie's part here is curl's: headers and body of an answer of whatever certificate. */
  function bash(line: string): ReturnType<typeof runProgram> {
    const path = [join(home.path, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""];
    return runProgram("bash", ["-c", `http() { shift; curl -sik "$@"; }\n${line}`], {
      cwd: home.path,
      env: { HOME: home.path, PATH: path.join(delimiter) },
    });
  }

  async function play({ command, prints }: Step): Promise<void> {
    const here = command.replaceAll(/192\.168\.33\.13|35\.188\.204\.73/gu, HOST);
    const { code, stdout, stderr } = await bash(here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(prints);
  }

  test.for(steps)("$command", (step) => play(step));

  describe.skipIf(executablePath === undefined)("in Chromium", () => {
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      browser = await chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        env: Object.fromEntries(
          Object.entries(cleanEnv({ HOME: home.path })).map(([name, value]) => [name, value ?? ""]),
        ),
        args: [
          "--no-sandbox",
          "--no-proxy-server",
          `--host-resolver-rules=MAP *.${VANITY} ${HOST}`,
        ],
      });
      page = await browser.newPage({ ignoreHTTPSErrors: true });
      page.setDefaultTimeout(10_000);
    });
    afterAll(() => browser?.close());

    /** What the heading says, as laid out on the page. */
    async function heading(
      url: string,
    ): Promise<{ status?: number; text: string; isSeen: boolean }> {
      const response = await page.goto(url);
      const found = page.locator("h3");
      const box = await found.boundingBox();
      return {
        ...(response === null ? {} : { status: response.status() }),
        // biome-ignore lint/performance/useDomNodeTextContent: as laid out, which is the point
        text: await found.innerText(),
        isSeen: (box?.width ?? 0) > 0 && (box?.height ?? 0) > 0,
      };
    }

    test("the page of the document renders", async () => {
      const url = `https://${HOST}/api/v1/web/guest/demo/hello.http?${QUERY}`;
      expect(await heading(url)).toEqual({ status: 200, text: GREETING, isSeen: true });
    });

    test("it tells who is missing", async () => {
      const { text } = await heading(`https://${HOST}/api/v1/web/guest/demo/hello.http`);
      expect(text).toBe("you didn't tell me who you are.");
    });

    test("it renders under the host name of its namespace", async () => {
      const url = `https://guest.${VANITY}/demo/hello.http?name=Ada`;
      expect(await heading(url)).toEqual({ status: 200, text: "hello Ada!", isSeen: true });
    });
  });

  test.for(lastSteps)("$command", (step) => play(step));

  test("nothing is left of it", async () => {
    const { stdout } = await bash("wsk -i list");
    expect(stdout).toBe("Entities in namespace: default\npackages\nactions\ntriggers\nrules\n");
    const { stdout: status } = await bash(
      `curl -sk -o /dev/null -w '%{http_code}' https://${HOST}/api/v1/web/guest/demo/hello.http`,
    );
    expect(status).toBe("404");
  });
});
