// How long the large page takes from the navigation to its first screen and to the table that answers:
//
//   node opening.mjs [FILE] [TIMES]
//
// Prints the runs and their median in milliseconds; it asserts nothing.

import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";
import { large } from "./pages.mjs";

const [file = large(), times = "9"] = process.argv.slice(2);
const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const runs = [];
for (let run = 0; run < Number(times); run += 1) {
  // A new browser each time: nothing is warm.
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  await page.waitForSelector("html[data-ready]");
  runs.push(
    await page.evaluate(async () => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN;
      const ready = await new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0));
      });
      const [navigation] = performance.getEntriesByType("navigation");
      const search = document.querySelector('input[type="search"]');
      const from = performance.now();
      search.value = "eu-west-1 service";
      search.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      return { paint, interactive: navigation.domInteractive, loaded: navigation.loadEventEnd, ready, search: performance.now() - from };
    }),
  );
  await browser.close();
}
console.log(`${file}: ${statSync(file).size} bytes`);
for (const name of Object.keys(runs[0])) {
  const values = runs.map((one) => Math.round(one[name]));
  console.log(`${name.padEnd(12)} median ${median(values)} ms (${values.join(", ")})`);
}
