// Drives report.html as people do: with a pointer, with the keyboard alone, on a phone, on paper, without its script.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";
import { demo, everything, folder, large } from "./pages.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

let browser;
let pages;

before(async () => {
  mkdirSync(folder, { recursive: true });
  pages = { demo: demo(), large: large(), everything: everything() };
  browser = await launch();
});

after(async () => browser?.close());

/** Opens a page, hands it to `use`, and holds against it whatever it complained of. */
async function open(name, options, use) {
  const { fragment = "", script = true, ...others } = options;
  const context = await browser.newContext({
    viewport: WIDE,
    reducedMotion: "reduce",
    javaScriptEnabled: script,
    ...others,
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(`asked for ${request.url()}`);
  });
  try {
    await page.goto(address(name, fragment));
    if (script) await page.waitForSelector("html[data-ready]");
    await use(page, context);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

const address = (name, fragment = "") => pathToFileURL(pages[name]).href + fragment;
const picture = (page, name, options = {}) => page.screenshot({ path: join(folder, `${name}.png`), ...options });
const rows = (page) => page.locator("tr.finding");
const names = (page) => page.locator("tr.finding button.name").allInnerTexts();
const told = (page) => page.locator("#result-count").innerText();

/** Waits until the view is in the address: what is typed gets there after a pause. */
/** The address is written before the page is drawn: what it says is waited for. */
const shows = (page, pattern) =>
  page.waitForFunction(
    ([source, flags]) => new RegExp(source, flags).test(document.getElementById("result-count")?.textContent ?? ""),
    [pattern.source, pattern.flags],
  );

const inAddress = async (page, text) => {
  await page.waitForFunction((part) => location.hash.includes(part), text);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
};

/** Nothing that axe-core finds. The script goes in by the debugger, past the page's policy, which stays as it is. */
async function assertAccessible(page, what, only = { type: "tag", values: RULES }) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), only);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, [], what);
}

describe("a view", () => {
  test("shows the worst first, and says how many there are", () =>
    open("everything", {}, async (page) => {
      const statuses = await page.locator("tr.finding .chip").allInnerTexts();
      assert.equal(statuses.length, 50);
      assert.ok(statuses.every((status) => status.includes("Non-compliant")));
      await shows(page, /^\d+ findings, page 1 of \d+$/);
      await picture(page, "light", { fullPage: false });
    }));

  test("is narrowed by a search, whose words all have to be there", () =>
    open("everything", {}, async (page) => {
      await page.getByLabel("Search").fill("API payments sa-east-1");
      await inAddress(page, "q=API%20payments%20sa-east-1");
      await shows(page, /^1 of /);
      assert.deepEqual(await names(page), ["shop/api"]);
      await page.getByLabel("Search").fill("no such thing");
      await page.getByText("Nothing matches").waitFor();
      await shows(page, /^0 of /);
    }));

  test("is narrowed by filters, which say how many each leaves", () =>
    open("everything", {}, async (page) => {
      await page.locator(".menu > summary", { hasText: "Status" }).click();
      const option = page.locator(".menu[open] label", { hasText: "Undetermined" });
      const count = await option.locator(".of").innerText();
      await option.click();
      await inAddress(page, "#?status=UNDETERMINED");
      await shows(page, new RegExp(`^${count} of `));
      await page.locator(".menu > summary", { hasText: "Region" }).click();
      assert.equal(await page.locator(".menu[open]").count(), 1, "the other menu has closed");
      await page.locator(".menu[open] label", { hasText: "eu-west-1" }).click();
      await page.keyboard.press("Escape");
      assert.equal(await page.locator(".menu[open]").count(), 0);
      await inAddress(page, "#?status=UNDETERMINED&region=eu-west-1");
      await page.waitForFunction(() =>
        [...document.querySelectorAll("tr.finding td:nth-child(4)")].every((cell) => cell.innerText === "eu-west-1"),
      );
      assert.ok((await rows(page).count()) > 0);
      await page.getByRole("button", { name: "Clear all" }).click();
      await shows(page, /^\d+ findings/);
    }));

  for (const [name, value, column] of [
    ["Account", "search", 3],
    ["Organizational unit", "Root/Workloads", 3],
    ["Key", "key/1234abcd", 2],
  ]) {
    test(`is narrowed by ${name}`, () =>
      open("everything", {}, async (page) => {
        const all = await told(page);
        await page.getByLabel(name, { exact: true }).fill(value);
        await page.waitForFunction((before) => document.getElementById("result-count")?.textContent !== before, all);
        const cells = await page.locator(`tr.finding > :nth-child(${column})`).allInnerTexts();
        assert.ok(cells.length > 0);
        if (name === "Account") assert.ok(cells.every((cell) => cell.includes("Search")));
      }));
  }

  test("is narrowed by what has changed, and by what a finding is on", () =>
    open("everything", { fragment: "#?change=new" }, async (page) => {
      const count = await rows(page).count();
      assert.equal(count, await page.locator("tr.finding .tag", { hasText: "New" }).count());
      await page.goto(address("everything", "#?type=repository-creation-template,pull-through-cache-rule"));
      await page.waitForFunction(() => document.querySelectorAll("tr.finding").length === 2);
      assert.deepEqual((await names(page)).sort(), ["docker-hub", "quay"]);
    }));

  test("is sorted by a column either way, and says so", () =>
    open("everything", {}, async (page) => {
      const head = page.locator("table.findings").getByRole("columnheader", { name: /Account/ });
      assert.equal(await head.getAttribute("aria-sort"), "none");
      await head.getByRole("button").click();
      assert.equal(await head.getAttribute("aria-sort"), "ascending");
      const accounts = () => page.locator("tr.finding td.where code").allInnerTexts();
      const ascending = await accounts();
      assert.deepEqual(ascending, ascending.toSorted());
      await head.getByRole("button").click();
      assert.equal(await head.getAttribute("aria-sort"), "descending");
      const descending = await accounts();
      assert.deepEqual(descending, descending.toSorted().reverse());
      await page.getByLabel("Sort").selectOption("Open longest");
      const first = await page.locator("tr.finding td:nth-child(6)").first().innerText();
      assert.match(first, /\d+ days/);
    }));

  test("has pages", () =>
    open("everything", {}, async (page) => {
      const before = await names(page);
      await page.getByRole("button", { name: "Next" }).click();
      await shows(page, /page 2 of/);
      assert.notDeepEqual(await names(page), before);
      await page.getByRole("button", { name: "Last" }).click();
      assert.ok((await rows(page).count()) > 0);
      assert.equal(await page.getByRole("button", { name: "Next" }).getAttribute("aria-disabled"), "true");
    }));

  test("is shared by its address, and Back leads to the one before", () =>
    open("everything", {}, async (page, context) => {
      await page.locator(".heat a").first().click();
      await inAddress(page, "account=");
      assert.ok(await page.locator("#findings").evaluate((section) => section === document.activeElement));
      await page.getByRole("columnheader", { name: /Repository/ }).getByRole("button").click();
      await page.getByLabel("Search").fill("w");
      await inAddress(page, "q=w");
      const [shared, count, shown] = [page.url(), await told(page), await names(page)];
      const other = await context.newPage();
      await other.goto(shared);
      await other.waitForSelector("html[data-ready]");
      assert.equal(await told(other), count);
      assert.deepEqual(await names(other), shown);
      assert.equal(await other.getByLabel("Search").inputValue(), "w");
      await page.goBack();
      await page.goBack();
      await page.waitForFunction(() => location.hash === "");
      await page.waitForFunction(() => document.querySelectorAll("tr.finding").length === 50);
      await page.goForward();
      await inAddress(page, "account=");
      assert.ok((await rows(page).count()) < 50);
    }));

  test("is copied as rows in which no spreadsheet finds a formula", () =>
    open("everything", { fragment: "#?account=cmd()" }, async (page) => {
      await page.getByRole("button", { name: /Copy rows/ }).click();
      await page.getByRole("button", { name: /Copied/ }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      const lines = copied.split("\n").map((line) => line.split("\t"));
      assert.equal(lines.length - 1, Number.parseInt(await told(page), 10));
      assert.ok(lines.slice(1).every((cells) => cells[5] === "'=cmd()|'/c calc'!A1" && cells.length === lines[0].length));
    }));
});

describe("a finding", () => {
  test("opens to its facts and steps, and has a link of its own", () =>
    open("demo", { fragment: "#?q=key-disabled" }, async (page, context) => {
      const name = page.getByRole("button", { name: "payments/key-disabled" });
      await name.click();
      assert.equal(await name.getAttribute("aria-expanded"), "true");
      const body = page.locator(".body");
      await body.getByText("What to do").waitFor();
      for (const fact of ["Level", "Demanded", "Key manager", "Key origin", "Key state", "Repository ARN", "Evaluated", "Created", "Organizational unit"]) {
        assert.equal(await body.locator("dt", { hasText: new RegExp(`^${fact}$`) }).count(), 1, fact);
      }
      assert.match(await body.locator(".facts").innerText(), /Root\/Workloads\/Prod/);
      const command = body.locator(".command", { hasText: "aws kms enable-key" });
      assert.match(await command.locator("code").innerText(), /^aws kms enable-key --region eu-central-1 --key-id arn:aws:kms:[^ ]+$/);
      await command.getByRole("button").click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied, await command.locator("code").innerText());
      await picture(page, "finding-light");

      await body.getByRole("button", { name: "Copy link to this finding" }).click();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      const other = await context.newPage();
      await other.goto(link);
      await other.locator(".body").waitFor();
      assert.equal(await other.locator("tr.finding.open button.name").innerText(), "payments/key-disabled");
      await name.click();
      assert.equal(await page.locator(".body").count(), 0);
    }));

  test("of a link is found on whatever page it is", () =>
    open("everything", {}, async (page) => {
      await page.getByRole("button", { name: "Last" }).click();
      await page.locator("tr.finding button.name").last().click();
      const own = new URL(page.url()).hash.replace(/^#\?.*(open=)/, "#?$1");
      await page.goto("about:blank");
      await page.goto(address("everything", own));
      await page.locator(".body").waitFor();
      await shows(page, /page (\d+) of \1$/);
    }));

  test("of a link that is not in the page is told of", () =>
    open("everything", { fragment: "#?open=1/2/repository/3" }, async (page) => {
      await page.getByText("is not in this page").waitFor();
    }));

  test("is shown with the text that the findings have", () =>
    open("demo", {}, async (page) => {
      const report = ["demo-report/latest/findings.jsonl", "demo-report/findings.jsonl"].map((name) => join(folder, name));
      const lines = readFileSync(report.find((path) => existsSync(path)), "utf8").trim().split("\n");
      for (const finding of lines.map((line) => JSON.parse(line)).filter(({ remediation }) => remediation.length > 0)) {
        const id = `${finding.account_id}/${finding.region}/${finding.finding_type}/${finding.repository_name}`;
        await page.evaluate((open) => { location.hash = `#?open=${open}`; }, encodeURIComponent(id));
        const row = page.locator("tr.finding.open", { hasText: finding.repository_name });
        await row.waitFor();
        assert.ok((await row.innerText()).includes(finding.reason), finding.reason);
        const steps = await page.locator(".body ol > li").evaluateAll((items) => items.map((item) => {
          const copy = item.cloneNode(true);
          for (const button of copy.querySelectorAll(".copy")) button.remove();
          return copy.textContent.trim();
        }));
        assert.deepEqual(steps, finding.remediation);
      }
    }));

  test("has its name shown as it is, whatever the name does", () =>
    open("everything", { fragment: "#?q=evil" }, async (page) => {
      assert.deepEqual(await page.locator("tr.finding .control").allInnerTexts().then((all) => all.slice(0, 2)), ["U+202E", "U+2066"]);
      await page.goto(address("everything", `#?q=${encodeURIComponent("</script>")}`));
      await page.waitForFunction(() => document.querySelector("tr.finding button.name")?.textContent?.includes("</script>"));
      assert.equal(await page.evaluate(() => document.querySelectorAll("b").length), 0);
    }));
});

describe("the page", () => {
  test("is used with the keyboard alone", () =>
    open("demo", {}, async (page) => {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the findings");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
      await page.keyboard.type("level-awskms");
      const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
      const tabTo = async (text) => {
        for (let presses = 0; presses < 40; presses += 1) {
          await page.keyboard.press("Tab");
          if ((await focused()).startsWith(text)) return;
        }
        assert.fail(`Tab does not reach ${text}`);
      };
      await tabTo("Status");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      await inAddress(page, "status=NON_COMPLIANT");
      await page.keyboard.press("Escape");
      assert.ok((await focused()).startsWith("Status"), "the focus is back on the menu");
      await tabTo("Account ");
      await page.keyboard.press("Enter");
      await inAddress(page, "sort=account");
      await tabTo("shop/level-awskms");
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.equal(outline, "solid", "the focus is seen");
      await page.keyboard.press("Enter");
      await tabTo("Copy link to this finding");
      await tabTo("Copy the command");
      await page.keyboard.press("Enter");
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^aws kms create-key/);
      // And out again at the end.
      for (let presses = 0; presses < 60 && (await page.evaluate(() => document.activeElement !== document.body)); presses += 1) {
        await page.keyboard.press("Tab");
      }
      assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
    }));

  // Colours are all that differs in the dark.
  for (const [scheme, rules] of [["light", undefined], ["dark", { type: "rule", values: ["color-contrast"] }]]) {
    test(`has nothing that axe-core finds, ${scheme}`, () =>
      open("everything", { colorScheme: scheme }, async (page) => {
        await assertAccessible(page, "as it opens", rules);
        for (const details of await page.locator("main details:not(.menu), footer details").all()) {
          await details.evaluate((one) => { one.open = true; });
        }
        await page.locator(".menu > summary", { hasText: "Reason" }).click();
        await assertAccessible(page, "with everything unfolded", rules);
        await page.keyboard.press("Escape");
        await page.goto(address("everything", "#?status=NON_COMPLIANT&account=payments"));
        await rows(page).first().locator("button.name").click();
        await page.locator(".body").waitFor();
        await assertAccessible(page, "with a finding open", rules);
        await picture(page, `finding-${scheme}`);
      }));
  }

  test("has nothing that axe-core finds on a phone, and nothing to scroll sideways", () =>
    open("everything", { viewport: PHONE, hasTouch: true, isMobile: true }, async (page) => {
      await assertAccessible(page, "phone");
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(await wide(), PHONE.width);
      await picture(page, "phone", { fullPage: true });
      for (const details of await page.locator("main details").all()) {
        await details.evaluate((one) => { one.open = true; });
      }
      assert.equal(await wide(), PHONE.width, "with everything unfolded");
      await page.goto(address("everything", "#?status=NON_COMPLIANT"));
      await rows(page).nth(2).locator("button.name").click();
      await page.locator(".body").waitFor();
      assert.equal(await wide(), PHONE.width, "with a finding open");
      await assertAccessible(page, "phone, with a finding open");
      await picture(page, "phone-finding");
    }));

  test("is dark where that is asked for, by the system or by choice", () =>
    open("demo", { colorScheme: "dark" }, async (page) => {
      const lightness = () => page.evaluate(() => {
        const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
        return red;
      });
      assert.ok((await lightness()) < 60);
      await picture(page, "dark");
      await page.getByLabel("Theme").selectOption("Light theme");
      assert.ok((await lightness()) > 200);
      await page.reload();
      assert.ok((await lightness()) > 200, "it is remembered");
      await page.getByLabel("Theme").selectOption("System theme");
      assert.ok((await lightness()) < 60);
    }));

  test("is printed with what the filters leave, and no more", () =>
    open("everything", { fragment: "#?status=NON_COMPLIANT,UNDETERMINED", colorScheme: "dark" }, async (page) => {
      const count = Number.parseInt(await told(page), 10);
      assert.ok(count > 50, "more than a page");
      await page.evaluate(() => {
        addEventListener("beforeprint", () => setTimeout(() => {}, 0));
        addEventListener("afterprint", () => { window.printedAfter = true; });
        new MutationObserver(() => {
          window.most = Math.max(window.most ?? 0, document.querySelectorAll("tr.finding").length);
        }).observe(document.getElementById("app"), { childList: true, subtree: true });
      });
      const pdf = await page.pdf({ format: "A4", printBackground: true });
      writeFileSync(join(folder, "print.pdf"), pdf);
      assert.equal(await page.evaluate(() => window.most), count, "all that matched was there to print");
      assert.equal(await rows(page).count(), 50, "afterwards the page is what it was");
      await page.emulateMedia({ media: "print" });
      assert.equal(await page.locator(".filters").isVisible(), false);
      assert.equal(await page.getByText("Status: Non-compliant, Undetermined").last().isVisible(), true);
      const [red] = await page.evaluate(() => getComputedStyle(document.body).color.match(/\d+/g).map(Number));
      assert.ok(red < 60, "dark ink on paper, whatever the theme");
    }));

  test("tells what matters without its script", () =>
    open("everything", { script: false }, async (page) => {
      const whole = await page.locator("body").innerText();
      for (const text of ["provably comply", "could not be seen, or not whole", "since the run before", "What has changed", "Without its script"]) {
        assert.ok(whole.toLowerCase().includes(text.toLowerCase()), text);
      }
      assert.ok((await page.locator("table.heat td").count()) > 50);
      assert.ok((await page.locator(".plain details").count()) >= 100);
      assert.equal(await page.locator(".heat a").first().evaluate((link) => getComputedStyle(link).pointerEvents), "none");
      await picture(page, "without-script");
    }));

  test("runs nothing that is put into it", () =>
    open("demo", {}, async (page) => {
      await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "window.intruder = true";
        document.body.append(script);
        const link = document.createElement("a");
        link.setAttribute("onclick", "window.intruder = true");
        document.body.append(link);
        link.click();
      });
      assert.equal(await page.evaluate(() => window.intruder), undefined);
    }).then(
      () => assert.fail("the policy did not complain"),
      (error) => assert.match(String(error.message), /Content Security Policy/),
    ));

  test("holds 20,000 findings of more, and says where all are", () =>
    open("large", {}, async (page) => {
      await page.getByText("The worst 20,000 of 24,000 findings are in this page.").waitFor();
      await shows(page, /^20,000 findings, page 1 of 400$/);
      await page.getByLabel("Search").fill("eu-west-1");
      await page.waitForFunction(() => document.getElementById("result-count")?.textContent?.includes(" of 20,000"));
      await picture(page, "large");
    }));
});
