// Builds the script and the style of report.html; the result is committed, so that building the tool needs no Node.js.
//
//   node build.mjs           writes aggregator/src/report/html/assets
//   node build.mjs --check   fails where that is not what the sources give

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "../src/report/html/assets");

const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  target: ["chrome123", "firefox128", "safari17.5"],
  legalComments: "none",
  logLevel: "warning",
};

const script = await build({
  ...options,
  entryPoints: ["src/main.tsx"],
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
});
const style = await build({ ...options, entryPoints: ["src/report.css"] });

/** The packages that the bundle holds parts of, with their licences. */
async function notices() {
  const folders = new Set();
  for (const input of Object.keys(script.metafile.inputs)) {
    const [, folder] = /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const all = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(here, folder, "package.json"), "utf8"));
    let text;
    for (const file of ["LICENSE", "LICENSE.md", "license"]) {
      text ??= await readFile(join(here, folder, file), "utf8").catch(() => undefined);
    }
    if (text === undefined) throw new Error(`${name} has no licence file`);
    all.push({ name, version, license, text: text.trim() });
  }
  return all;
}

const packages = await notices();
const listed = packages
  .map(({ name, version, license, text }) => `${name} ${version} (${license}): ${/^.*Copyright.*$/im.exec(text)?.[0].trim()}`)
  .join("\n");
const notice = [
  "report.html holds parts of these packages, bundled into its script.",
  ...packages.map(({ name, version, license, text }) => `${"-".repeat(79)}\n${name} ${version}, ${license}\n\n${text}`),
].join("\n\n");

const files = {
  "report.js": `/* Built from aggregator/report-page. Holds parts of these, whose licences NOTICE has:\n${listed} */\n${script.outputFiles[0].text}`,
  "report.css": style.outputFiles[0].text,
  NOTICE: `${notice}\n`,
};

let stale = 0;
await mkdir(assets, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  const path = join(assets, name);
  const before = await readFile(path, "utf8").catch(() => "");
  if (process.argv.includes("--check")) {
    if (before !== text) {
      console.error(`${name} is not what its sources give: run make report-page`);
      stale += 1;
    }
  } else if (before !== text) {
    await writeFile(path, text);
  }
  console.log(`${name}: ${Buffer.byteLength(text)} bytes`);
}
process.exitCode = stale > 0 ? 1 : 0;
