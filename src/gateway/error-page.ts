/** The pages with which nginx answers for itself, as the original's OpenResty sends them. */
// An import would evaluate every export of the module: tens of milliseconds of the start.
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** Where nginx's words differ from the registered ones. */
const WORDS: Readonly<Record<number, string>> = {
  302: "Moved Temporarily",
  405: "Not Allowed",
  408: "Request Time-out",
  413: "Request Entity Too Large",
  414: "Request-URI Too Large",
  416: "Requested Range Not Satisfiable",
  431: "Request Header Or Cookie Too Large",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

export function reasonOf(status: number): string {
  return WORDS[status] ?? STATUS_CODES[status] ?? "";
}

/** Whose pages say something else than the status line. */
const TITLES: Readonly<Record<number, string>> = { 302: "Found", 401: "Authorization Required" };

/** Whether nginx has a page for the status; it answers with an empty body where it has none. */
export function hasPage(status: number): boolean {
  return (
    (status >= 301 && status <= 303) ||
    (status >= 307 && status <= 308) ||
    (status >= 400 && status <= 416 && status !== 407) ||
    [421, 429, 507].includes(status) ||
    (status >= 500 && status <= 505)
  );
}

export function errorPage(status: number): string {
  const title = `${status} ${TITLES[status] ?? reasonOf(status)}`.trimEnd();
  return [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<center><h1>${title}</h1></center>`,
    "<hr><center>openresty</center>",
    "</body>",
    "</html>",
    "",
  ].join("\r\n");
}
