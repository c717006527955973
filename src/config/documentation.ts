/** Renders `docs/configuration.md` from the table of settings. */

import { markdownTable } from "../lib/markdown-table.ts";
import { defaultText } from "./default-text.ts";
import { SETTINGS } from "./schema.ts";
import { envName, flagName, type Setting } from "./setting.ts";

const INTRODUCTION = `<!-- Generated from src/config/schema/ by \`npm run docs\`. Do not edit. -->
# Configuration

Every setting has a default, so that \`meringue standalone\` starts without any. To change one,
give it in a file (\`-c FILE\`), in the environment, or as a flag; of several, the later in this
list wins. A setting that is unknown or wrong stops the start: all problems are listed at once, and
the exit code is 2.

\`\`\`yaml
# meringue.yaml: the keys below, nested or dotted; JSON works as well
api:
  port: 8080
activations.retention_age_ms: 30 d
limits: original
\`\`\`

\`\`\`sh
MERINGUE_API_PORT=8080 meringue standalone        # environment
meringue standalone --port 8080 --limits original # flags
meringue config check -c meringue.yaml            # says what is wrong
meringue config print -c meringue.yaml            # shows every value and where it is from
\`\`\`

Numbers are whole. Those of a unit may be written with one: \`ms\`, \`s\`, \`min\`, \`h\`, \`d\`; \`B\`,
\`KB\`, \`MB\`, \`GB\` (of 1024, as the original counts; \`KiB\` is the same). A relative path counts from
the folder of the file that names it, or from the current folder. \`~\` is the home folder.

The settings files of the original (HOCON, \`standalone.conf\`) are not read: its settings speak of
parts that do not exist here. \`--limits original\` restores its stock limits.
`;

const USERS = `
\`\`\`yaml
users:
  - subject: alice # 5 characters or more
    namespaces:
      - name: alice
        uuid: 0b9c6a52-7c2c-4c1e-9d3e-2a53a7d5f001
        key: <64 letters and digits>
    limits: # optional, for each of these namespaces
      invocationsPerMinute: 120
      maxActionMemory: 1024
\`\`\`

The identity's key for clients is \`uuid:key\`. Limits are those of the original's namespace limits
document: \`invocationsPerMinute\`, \`concurrentInvocations\`, \`firesPerMinute\`, \`allowedKinds\`,
\`storeActivations\`, \`minActionMemory\`, \`maxActionMemory\`, \`minActionLogs\`, \`maxActionLogs\`,
\`minActionTimeout\`, \`maxActionTimeout\`, \`minActionConcurrency\`, \`maxActionConcurrency\`,
\`maxParameterSize\`, \`maxPayloadSize\`, \`truncationSize\` (such as \`512 KB\`), \`maxActionInstances\`.
`;

/** The whole page; the same on every machine. */
export function configurationPage(): string {
  return `${[INTRODUCTION, overview(), ...SETTINGS.map(section)].join("\n")}`;
}

function overview(): string {
  const rows = SETTINGS.map((setting) => {
    const anchor = setting.key.replaceAll(".", "");
    return [`[\`${setting.key}\`](#${anchor})`, defaultText(setting)];
  });
  return ["## All settings", "", markdownTable(["setting", "default"], rows), ""].join("\n");
}

function section(setting: Setting): string {
  const flag = flagName(setting);
  const short = setting.short === undefined ? "" : `, \`-${setting.short}\``;
  const flags = flag === undefined ? "no flag: others could read it" : `\`--${flag}\`${short}`;
  return [
    `## \`${setting.key}\``,
    "",
    setting.doc,
    "",
    `- Default: ${defaultText(setting)}. ${setting.reason}`,
    `- Values: ${valuesText(setting)}`,
    `- Environment: \`${envName(setting)}\`; flag: ${flags}`,
    ...(setting.type === "users" ? [USERS] : [""]),
  ].join("\n");
}

function valuesText(setting: Setting): string {
  switch (setting.type) {
    case "int": {
      const unit = setting.unit === undefined ? "" : ` (${setting.unit})`;
      return `${setting.min} to ${setting.max}${unit}${orWords(setting.words)}`;
    }
    case "enum":
      return setting.values.map((value) => `\`${value}\``).join(", ");
    case "text":
      return setting.holds === "host"
        ? "a host name or an IP address"
        : `a URL of http or https${orWords(setting.words)}`;
    case "path":
      return `a path${orWords(setting.words)}`;
    case "list":
      return setting.items === "host"
        ? "a list of host names"
        : "a list of IP addresses and networks such as `10.0.0.0/8`";
    case "prewarm":
      return "a list of `kind:count:memory`";
    case "keys":
      return `a list of keys of ${setting.keyBytes} bytes, each in base64`;
    case "users":
      return "a list";
  }
}

function orWords(words: readonly string[] | undefined): string {
  return (words ?? []).map((word) => `, or \`${word}\``).join("");
}
