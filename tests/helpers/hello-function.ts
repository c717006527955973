/**
 * A function in Google's Functions Framework, as OpenFunction runs them, behind an entry point that
 * asks for Basic authentication. It greets the last part of the path.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, request as forward, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { basic } from "./http.ts";
import { root } from "./platform.ts";
import { cleanEnv, Tail } from "./program.ts";
import { tempDir } from "./temp-dir.ts";
import { waitFor } from "./wait-for.ts";

export type HelloFunction = AsyncDisposable & {
  /** "localhost:PORT" of the entry point. */
  readonly authority: string;
};

const SOURCE = `exports.hello = (request, response) => {
  response.send("Hello, " + decodeURIComponent(request.path.split("/").pop()) + "!\\n");
};
`;

/** `credentials` is "user:password". */
export async function startHelloFunction(credentials: string): Promise<HelloFunction> {
  const folder = await tempDir("function");
  await writeFile(join(folder.path, "index.js"), SOURCE);
  const port = await freePort();
  const program = join(root, "node_modules", ".bin", "functions-framework");
  const args = ["--target=hello", `--source=${folder.path}`, `--port=${port}`];
  const child = spawn(program, args, { env: cleanEnv(), stdio: ["ignore", "ignore", "pipe"] });
  const said = new Tail();
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.add(text));
  const entry = entryPoint(port, credentials);
  entry.listen(0, "127.0.0.1");
  await once(entry, "listening");
  const dispose = async (): Promise<void> => {
    entry.close();
    entry.closeAllConnections();
    child.kill("SIGKILL");
    await folder[Symbol.asyncDispose]();
  };
  try {
    const answers = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(said.text);
      return (await fetch(`http://127.0.0.1:${port}/up`)).ok;
    };
    await waitFor("the function", answers, { timeoutMs: 30_000, everyMs: 100 });
  } catch (cause) {
    await dispose();
    throw cause;
  }
  const { port: entryPort } = entry.address() as AddressInfo;
  return { authority: `localhost:${entryPort}`, [Symbol.asyncDispose]: dispose };
}

function entryPoint(port: number, credentials: string): Server {
  return createServer((incoming, response) => {
    if (incoming.headers.authorization !== basic(credentials)) {
      incoming.resume();
      response.writeHead(401, { "www-authenticate": "Basic" }).end("unauthorized\n");
      return;
    }
    const { method, url: path, headers } = incoming;
    const call = forward({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    call.on("error", () => response.writeHead(502).end());
    incoming.pipe(call);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
