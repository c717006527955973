/**
 * Variables in texts, with every oddity of the original (wsk-cli 17.3): the text is cut at each
 * `$`, `{` and `}`, and every piece is tried as a name. `$HOME/x` therefore looks up "HOME/x".
 */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Longer texts are left as they are: each piece is searched for in the whole text. */
const LENGTH_MAX = 64 * 1024;

/** The text with its variables replaced; one that is not set is empty. */
export function interpolate(text: string, env: Environment): string {
  if (!isActive(text) || text.length > LENGTH_MAX) return text;
  let result = text;
  for (const piece of new Set(text.split(/[${}]+/))) {
    if (piece === "") continue;
    if (result.includes(`$\${${piece}}`)) {
      result = result.replaceAll(`$\${${piece}}`, () => `\${${piece}}`);
    } else if (result.includes(`$${piece}`)) {
      result = result.replaceAll(`$${piece}`, () => lookUp(piece, env));
    } else result = result.replaceAll(`\${${piece}}`, () => lookUp(piece, env));
  }
  return result;
}

function lookUp(name: string, env: Environment): string {
  return Object.hasOwn(env, name) ? (env[name] ?? "") : "";
}

/** Only a text that starts with `$`, or has `${` and as many `}` as `{`. */
function isActive(text: string): boolean {
  if (text.startsWith("$") && text.length > 1) return true;
  if (!text.includes("${")) return false;
  return text.split("{").length === text.split("}").length;
}

/** `NAME` of `$NAME` and `${NAME}`: what an input of the package may be called. */
export function variableName(text: string): string {
  return text.replace("$", "").replaceAll(/[{}]/g, "");
}
