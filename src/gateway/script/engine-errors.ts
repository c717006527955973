/** What goes wrong with functions. */

/** A function threw, or went beyond a limit; the message is its own. */
export class ScriptError extends Error {}

/** The source is no function: the message is the original's text. */
export class SourceError extends Error {}
