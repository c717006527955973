/** nginx with one worker as a reverse proxy: what the gateway's hop is measured against. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { start, stop, tempFolder } from "./children.ts";
import { Skip } from "./row.ts";
import type { Server } from "./server.ts";
import { waitFor } from "./wait.ts";

const READY_MAX_MS = 5000;
const TEMP_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Throws `Skip` naming what to install when the program is not there. */
export function requireNginx(): void {
  if (spawnSync("nginx", ["-v"]).error !== undefined) {
    throw new Skip("nginx is not installed (package nginx-light of the distribution)");
  }
}

/** The same headers and as many kept connections to the node as the gateway has by default. */
export function nginxConf(folder: string, port: number, node: string): string {
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  ${TEMP_PATHS.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  access_log off;
  keepalive_requests 100000000;
  upstream node { server ${node}; keepalive 320; keepalive_requests 1000; }
  server {
    listen 127.0.0.1:${port} backlog=511;
    location / {
      proxy_pass http://node;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
    }
  }
}
`;
}

/** `node`: "host:port". It cannot be told to take a free port, so one is looked for first. */
export async function startNginx(node: string): Promise<Server> {
  const folder = tempFolder();
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "nginx.conf");
  writeFileSync(file, nginxConf(folder, port, node));
  const child = start("nginx", ["-p", folder, "-e", "stderr", "-c", file], {
    leash: true,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> =>
    (await fetch(url).catch(() => undefined))?.status === 200;
  const isReady = await waitFor(answers, { timeoutMs: READY_MAX_MS });
  if (!isReady || child.pid === undefined) throw new Error("nginx did not get ready");
  const stopIt = (): Promise<void> => stop(child);
  return { pid: child.pid, host: "127.0.0.1", port, url, urls: { nginx: url }, stop: stopIt };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
