/**
 * The way to a running server's store: a unix socket in the data folder, which only the user that
 * runs the server may open (mode 0600 in a folder of mode 0700). A client writes one command as
 * JSON and ends its side; the server answers with one result as JSON (ADR 0012).
 */
import { chmod, lstat, mkdtemp, readlink, rm, symlink } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AdminCommand, readCommand } from "./commands.ts";
import { type AdminResult, failed, misused } from "./result.ts";

/** In the data folder: the socket, or a link to it. */
export const SOCKET_NAME = "admin.sock";

/** Systems take some 104 bytes as the path of a socket. */
const PATH_BYTES_MAX = 100;
/** A command has a few hundred bytes. */
const COMMAND_BYTES_MAX = 64 * 1024;
/** Longest wait for the whole of a command, and for its answer. */
const COMMAND_MS_MAX = 10_000;
const ANSWER_MS_MAX = 60_000;

export type AdminChannel = { close(): Promise<void> };

/** Serves until closed. Commands run one after the other: each reads what it changes. */
export async function serveAdmin(
  folder: string,
  run: (command: AdminCommand) => Promise<AdminResult>,
): Promise<AdminChannel> {
  const link = join(folder, SOCKET_NAME);
  // What a killed server left behind: the folder's lock says that it is gone.
  await rm(link, { force: true });
  const isShort = Buffer.byteLength(link) <= PATH_BYTES_MAX;
  const path = isShort ? link : join(await mkdtemp(join(tmpdir(), "meringue-admin-")), SOCKET_NAME);
  let last: Promise<unknown> = Promise.resolve();
  const speaking = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    speaking.add(socket);
    socket.once("close", () => speaking.delete(socket));
    receive(socket, (text) => {
      speaking.delete(socket);
      const answer = last.then(() => answerTo(text, run));
      last = answer;
      return answer;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  if (!isShort) await symlink(path, link);
  return {
    async close() {
      // What is being answered is answered first; who has not said all by now is late.
      for (const socket of speaking) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await rm(link, { force: true });
      if (!isShort) await rm(dirname(path), { recursive: true, force: true });
    },
  };
}

function receive(socket: Socket, answer: (text: string) => Promise<AdminResult>): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  socket.setTimeout(COMMAND_MS_MAX, () => socket.destroy());
  // A client that went away needs no answer.
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > COMMAND_BYTES_MAX) socket.destroy();
    else chunks.push(chunk);
  });
  socket.on("end", () => {
    socket.setTimeout(0);
    answer(Buffer.concat(chunks).toString("utf8")).then(
      (result) => socket.end(JSON.stringify(result)),
      () => socket.destroy(),
    );
  });
}

async function answerTo(
  text: string,
  run: (command: AdminCommand) => Promise<AdminResult>,
): Promise<AdminResult> {
  const command = readCommand(text);
  if (command === undefined) {
    return misused("the server does not know this command: is it of another version?");
  }
  try {
    return await run(command);
  } catch (cause) {
    return failed(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Undefined when no server is there to ask; rejects when one is and does not answer. */
export async function askServer(
  folder: string,
  command: AdminCommand,
): Promise<AdminResult | undefined> {
  const path = await socketPath(join(folder, SOCKET_NAME));
  if (path === undefined) return undefined;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ path, allowHalfOpen: true });
    const late = (): void => void socket.destroy(new Error("the running server does not answer"));
    socket.setTimeout(ANSWER_MS_MAX, late);
    socket.once("connect", () => socket.end(JSON.stringify(command)));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      if (text === "") reject(new Error("the running server gave no answer"));
      else resolve(JSON.parse(text) as AdminResult);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const isGone = error.code === "ECONNREFUSED" || error.code === "ENOENT";
      if (isGone) resolve(undefined);
      else reject(error);
    });
  });
}

async function socketPath(link: string): Promise<string | undefined> {
  try {
    return (await lstat(link)).isSymbolicLink() ? await readlink(link) : link;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
