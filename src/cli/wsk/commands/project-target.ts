/** Opens the platform that a project goes to. */
import { openTarget, type Target } from "../../../deploy/target.ts";
import { connect } from "../connect.ts";
import type { Context } from "../context.ts";
import { readSettings } from "./project-settings.ts";

/** `files` may name host, key and namespace: deployment file and manifest, strongest first. */
export async function withTarget(
  context: Context,
  files: readonly string[],
  run: (target: Target) => Promise<void>,
): Promise<void> {
  const { flags, io } = context;
  const settings = await readSettings(context, files);
  const { apiHost, auth, cert, key, namespace, apigwToken } = settings;
  const connection = connect({ apiHost, auth, cert, key, apiVersion: "v1" }, flags, io, true);
  const say = (prefix: string, color: number) => (text: string) => {
    if (flags.switchedOn("verbose")) io.out(colored(context, color, `${prefix}: ${text}\n`));
  };
  const target = openTarget({
    client: connection.client(),
    namespace,
    apiHost,
    auth,
    apigwToken,
    wait: (ms) => io.wait(ms, new AbortController().signal),
    warn: say("Warning", YELLOW),
    info: say("Info", CYAN),
  });
  try {
    await run(target);
  } finally {
    connection.close();
  }
}

const YELLOW = 33;
const CYAN = 36;

function colored({ io }: Context, color: number, text: string): string {
  return io.isColored ? `\u001b[${color}m${text}\u001b[0m` : text;
}
