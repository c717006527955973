/** Which port a listener of the gateway gets. */
import type { GatewayConf, PortName } from "../gateway/conf/conf.ts";

/** As in the settings: a number, "auto" or "off". */
export type PortSetting = number | "auto" | "off";

const DEFAULTS: Readonly<Record<PortName, number>> = {
  proxy: 9080,
  tls: 9443,
  admin: 9180,
  control: 9090,
  prometheus: 9091,
};

const TITLES: Readonly<Record<PortName, string>> = {
  proxy: "gateway",
  tls: "gateway's TLS",
  admin: "Admin API's",
  control: "control API's",
  prometheus: "gateway's metrics",
};

export type Opened<Listener> = {
  readonly listener: Listener | undefined;
  /** One line when it is not where one would look for it. */
  readonly warning: string | undefined;
};

/**
 * Opens a port with `listen`. One that was chosen must be free; a default one that is in use gives
 * way to any free one, so that a second server, or a gateway that runs already, is no obstacle.
 */
export async function openPort<Listener extends { readonly port: number }>(
  name: PortName,
  setting: PortSetting,
  ports: GatewayConf["ports"],
  listen: (port: number) => Promise<Listener>,
): Promise<Opened<Listener>> {
  if (setting === "off") return { listener: undefined, warning: undefined };
  const chosen = setting === "auto" ? ports[name] : setting;
  if (chosen !== undefined) return { listener: await listen(chosen), warning: undefined };
  return openOrMove(TITLES[name], DEFAULTS[name], listen);
}

/** Opens a default port, or any free one when it is in use; `title`: whose port, for the warning. */
export async function openOrMove<Listener extends { readonly port: number }>(
  title: string,
  port: number,
  listen: (port: number) => Promise<Listener>,
): Promise<{ readonly listener: Listener; readonly warning: string | undefined }> {
  try {
    return { listener: await listen(port), warning: undefined };
  } catch (error) {
    if (!isInUse(error)) throw error;
    const listener = await listen(0);
    const warning = `the ${title} port ${port} is in use: it is at ${listener.port} instead`;
    return { listener, warning };
  }
}

function isInUse(error: unknown): boolean {
  const codes = [error, (error as { cause?: unknown }).cause];
  return codes.some((one) => (one as NodeJS.ErrnoException | undefined)?.code === "EADDRINUSE");
}
