/** Serves /cli and, as of old, /cli/go/download: where the documents fetch the client from. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { zip } from "./archive.ts";
import { type Download, downloadIndex, folderPage, type Place, placeOf } from "./download-tree.ts";
import type { DownloadHandler } from "./edge.ts";
import type { TrustedProxies } from "./forwarded.ts";
import { answer, answerText, redirect, requestId } from "./reply.ts";

export type DownloadOptions = {
  readonly downloads: readonly Download[];
  /** The client as one script; `npm run build` makes it. */
  readonly script: string;
  /** Paths of the executable and its tar.gz; the first call takes seconds. */
  readonly executable: { path(): Promise<string>; archive(): Promise<string> };
  readonly proxies: TrustedProxies;
  readonly log: (level: "warn", message: string, fields?: object) => void;
};

/** The old root of the tree, which the original sends on to the new one. */
const OLD = "/cli/go/download";
const BINARY = "application/octet-stream";

export function createDownloads(options: DownloadOptions): DownloadHandler {
  return (request, response, path) => {
    serve(options, request, response, path).catch((err: unknown) => {
      // Who asked has gone away.
      if (response.destroyed) return;
      options.log("warn", "a download of the client failed", { path, err });
      if (response.headersSent) response.destroy();
      else answerText(response, 503, unavailable(err));
    });
  };
}

function unavailable(err: unknown): string {
  const isUnbuilt = (err as NodeJS.ErrnoException).code === "ENOENT";
  const reason = isUnbuilt ? "run `npm run build` on the server" : "see the server's log";
  return `The client cannot be given out: ${reason}.\n`;
}

async function serve(
  options: DownloadOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    answerText(response, 405, "Only GET and HEAD are answered here.\n");
    return;
  }
  if (path === OLD || path.startsWith(`${OLD}/`)) {
    moved(options, request, response, `/cli${path.slice(OLD.length)}`);
    return;
  }
  const inner = path.slice("/cli/".length);
  const place = placeOf(options.downloads, inner.replace(/\/$/, ""));
  if (place.type === "folder" && !path.endsWith("/")) {
    moved(options, request, response, `${path}/`);
    return;
  }
  await serveRest(options, response, place);
}

/** The answer names the host by which the client has reached the server. */
function moved(
  { proxies }: DownloadOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  const { proto, host } = proxies.origin(request);
  const query = request.url?.match(/\?.*/s)?.[0] ?? "";
  redirect(response, 301, host === "" ? `${path}${query}` : `${proto}://${host}${path}${query}`);
}

async function serveRest(
  options: DownloadOptions,
  response: ServerResponse,
  place: Place,
): Promise<void> {
  switch (place.type) {
    case "folder":
      answer(response, 200, { "Content-Type": "text/html" }, folderPage(place.path, place.names));
      return;
    case "index":
      answer(
        response,
        200,
        { "Content-Type": "application/json" },
        JSON.stringify(downloadIndex(options.downloads)),
      );
      return;
    case "file":
      await sendDownload(options, response, place.download);
      return;
    case "missing":
      answerText(response, 404, advice(options.downloads));
  }
}

/** Says what there is, and what to do where there is none. */
function advice(downloads: readonly Download[]): string {
  const files = downloads.map(({ path }) => `  /cli/go/download/${path}\n`);
  return (
    `There is no such download. There are:\n${files.join("")}` +
    "The one below mac/ is a script: where Node.js 24 or newer is installed it runs on every\n" +
    "system (`node wsk …`). OpenWhisk's own wsk works with this server as well:\n" +
    "  https://github.com/apache/openwhisk-cli/releases\n"
  );
}

async function sendDownload(
  { script, executable }: DownloadOptions,
  response: ServerResponse,
  { content, pack }: Download,
): Promise<void> {
  if (pack === "zip") {
    const archive = zip(await readFile(script), "wsk");
    answer(response, 200, { "Content-Type": "application/zip" }, archive);
  } else if (content === "script") await sendFile(response, script, BINARY);
  else if (pack === "none") await sendFile(response, await executable.path(), BINARY);
  else await sendFile(response, await executable.archive(), "application/gzip");
}

async function sendFile(response: ServerResponse, path: string, type: string): Promise<void> {
  const { size, mtime } = await stat(path);
  response.writeHead(200, {
    "X-Request-ID": requestId(),
    "Content-Type": type,
    "Content-Length": size,
    "Last-Modified": mtime.toUTCString(),
  });
  if (response.req.method === "HEAD") response.end();
  else await pipeline(createReadStream(path), response);
}
