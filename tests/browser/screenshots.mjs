// Writes the pictures of the README, of the page that the writer's own tests make.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";
import { everything } from "./pages.mjs";

const folder = fileURLToPath(new URL("../../aggregator/report-page/screenshots", import.meta.url));
mkdirSync(folder, { recursive: true });
const browser = await launch();
const address = pathToFileURL(everything()).href;

async function picture(name, colorScheme, fragment, prepare) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 930 }, colorScheme, reducedMotion: "reduce" });
  await page.goto(address + fragment);
  await page.waitForSelector("html[data-ready]");
  await prepare(page);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  console.log(`${path}: ${statSync(path).size} bytes`);
  await page.close();
}

await picture("overview", "light", "", async () => {});
await picture("finding", "dark", "#?status=NON_COMPLIANT&reason=below-desired-level&account=payments", async (page) => {
  await page.locator("tr.finding button.name").first().click();
  await page.locator(".body").waitFor();
  await page.locator("#findings").evaluate((section) => section.scrollIntoView());
});
await browser.close();
