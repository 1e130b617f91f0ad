// Makes the pages that the tests open, with the real binaries and a simulated organization.
//
//   node pages.mjs        demo.html and large.html in target/browser, where they are older than the binaries

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = join(root, process.env.CARGO_TARGET_DIR ?? "target");
const binaries = join(target, "debug");
export const folder = join(target, "browser");

/** Runs `scan` on an organization; a scan that finds something ends with 3 or 4. */
function scan(organization, output, ...flags) {
  const run = spawnSync(
    join(binaries, "organization-simulator"),
    [...organization, "--run", "--", join(binaries, "ecr-encryption"), "scan", "--output", output, "--quiet", "--no-progress", ...flags],
    { cwd: root, encoding: "utf8" },
  );
  if (![0, 3, 4].includes(run.status)) throw new Error(`the scan ended with ${run.status}: ${run.stderr}`);
}

/** The page of the newest run in a folder. */
function page(output) {
  const newest = join(output, "latest", "report.html");
  return existsSync(newest) ? newest : join(output, "report.html");
}

function make(name, scans) {
  const path = join(folder, `${name}.html`);
  const needed = ["ecr-encryption", "organization-simulator"].map((binary) => statSync(join(binaries, binary)).mtimeMs);
  if (existsSync(path) && statSync(path).mtimeMs > Math.max(...needed)) return path;
  const output = join(folder, `${name}-report`);
  rmSync(output, { recursive: true, force: true });
  scans(output);
  copyFileSync(page(output), path);
  return path;
}

/** The demo organization, scanned twice: first with a lower demand, so that there is something to compare with. */
export function demo() {
  mkdirSync(folder, { recursive: true });
  const organization = ["--organization", "tests/organizations/demo.toml"];
  return make("demo", (output) => {
    scan(organization, output, "--include", "templates", "--desired-level", "sse");
    scan(organization, output, "--include", "templates", "--policy", "tests/organizations/demo-policy.toml");
  });
}

/** An organization with more findings than a page holds. */
export function large() {
  mkdirSync(folder, { recursive: true });
  const organization = ["--accounts", "150", "--regions", "10", "--repositories", "16"];
  return make("large", (output) => scan(organization, output));
}

/** The page that the writer's own tests make of everything that it can show. */
export function everything() {
  const path = join(folder, "a_page_with_everything.html");
  if (!existsSync(path)) throw new Error(`there is no ${path}: make browser-test makes it`);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log([demo(), large()].join("\n"));
