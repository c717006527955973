const { execFile } = require("node:child_process");

/** Asks `payload` with curl: what it prints, or what it complains of when it fails. */
function main({ payload }) {
  console.log(`Curl to ${payload}`);
  // Without a shell: the address is nothing but arguments of curl.
  const args = ["--connect-timeout", "3", ...String(payload).trim().split(/\s+/)];
  return new Promise((resolve) => {
    execFile("curl", args, (error, stdout, stderr) => {
      const problem = error?.code === "ENOENT" ? error.message : stderr;
      const msg = error === null ? stdout : problem;
      console.log(msg);
      resolve({ msg });
    });
  });
}
