/** `--verbose` and `--debug`: every request and answer on standard output (wsk-cli 1.5). */
import type { Answer, Exchange } from "../../client/exchange.ts";
import type { Watcher } from "../../client/transport.ts";
import type { Io } from "./io.ts";

const BODY_BYTES_MAX = 1000;
const PASSWORDS = /"[Pp]assword":\s*".*"/g;
/** Feeds and APIs are told the key of their owner. */
const KEYS = /("auth[Kk]ey":\s*)"[^"]*"/g;

/** With `isWhole` bodies are not cut short. The key is never shown. */
export function traceWatcher(io: Pick<Io, "out" | "isColored">, isWhole: boolean): Watcher {
  const body = (text: string): string => {
    // Before it is cut: the first half of a key would be no key to look for.
    const shown = hideSecrets(text);
    if (isWhole || Buffer.byteLength(text) <= BODY_BYTES_MAX) return shown;
    io.out(`Body exceeds ${BODY_BYTES_MAX} bytes and will be truncated\n`);
    return `${Buffer.from(shown).subarray(0, BODY_BYTES_MAX)}...`;
  };
  return {
    started(exchange: Exchange) {
      io.out(`REQUEST:\n[${exchange.method}]\t${exchange.url}\n`);
      const headers = Object.entries(exchange.headers).map(([name, value]) => [
        name,
        hideKey(name, value),
      ]);
      if (headers.length > 0) io.out(`Req Headers\n${headerJson(headers.flat(), io.isColored)}`);
      if (exchange.body === undefined) return;
      io.out("Req Body\n");
      io.out(`${body(exchange.body)}\n`);
    },
    finished(answer: Answer | undefined) {
      if (answer === undefined) return;
      io.out(`RESPONSE:Got response with code ${answer.status}\n`);
      io.out(`Resp Headers\n${headerJson(answer.rawHeaders, io.isColored)}`);
      io.out(`Response body size is ${Buffer.byteLength(answer.body)} bytes\n`);
      const shown = body(answer.body);
      io.out(`Response body received:\n${shown}\n`);
    },
  };
}

function hideSecrets(text: string): string {
  return text.replace(PASSWORDS, '"password": "******"').replace(KEYS, '$1"******"');
}

function hideKey(name: string, value: string): string {
  return name === "Authorization" ? "Basic ******" : value;
}

/** Names and values in turn as `{"Name": ["value"]}`, sorted; how it was framed is not shown. */
function headerJson(raw: readonly string[], isColored: boolean): string {
  const style = (on: string, text: string): string =>
    isColored ? `\u001b[${on}m${JSON.stringify(text)}\u001b[0m` : JSON.stringify(text);
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() === "transfer-encoding") continue;
    const name = (raw[at] ?? "")
      .toLowerCase()
      .replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    values.set(name, [...(values.get(name) ?? []), raw[at + 1] ?? ""]);
  }
  const members = [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, list]) => {
      const items = list.map((value) => `    ${style("32;1", value)}`).join(",\n");
      return `  ${style("34;1", name)}: [\n${items}\n  ]`;
    });
  return `{\n${members.join(",\n")}\n}\n`;
}
