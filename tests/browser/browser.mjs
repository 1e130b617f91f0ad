// The Chromium that the tests drive: $CHROMIUM, else the system's, else one from a package.

import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** Where `make browser` has put the package. */
const PACKAGE = fileURLToPath(new URL("chromium/package.json", import.meta.url));

/** The system's Chromium; `undefined` where it has none. */
export function system() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not there
      }
    }
  }
  return undefined;
}

/** A headless browser. Without a sandbox of its own where it is root, as in a container: it opens only what the tests made. */
export async function launch() {
  const own = system();
  if (own !== undefined) return chromium.launch({ executablePath: own, args: ["--no-sandbox"] });
  const packaged = createRequire(PACKAGE).resolve("@sparticuz/chromium");
  // As in the Lambda that the package is made for, it unpacks the libraries and a font too, which a bare machine lacks.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
  const { default: fromPackage } = await import(packaged);
  fromPackage.setGraphicsMode = false;
  // A process of its own for each page, as the system's has it: the package's own arguments are for a Lambda.
  return chromium.launch({ executablePath: await fromPackage.executablePath(), args: ["--no-sandbox", "--disable-gpu"] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Says whether the package is needed.
  const own = system();
  if (own === undefined) process.exitCode = 1;
  else console.log(own, execFileSync(own, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim());
}
