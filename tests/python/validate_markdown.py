"""Renders a page as GitHub does, with its own cmark, and looks at what came of it.

    validate_markdown.py FILE

Prints the elements and the texts of code spans as JSON; ends with status 1, and tells why, where the page holds an element
or an attribute that it should not, or other text with signs that we don't use.
"""

import json
import re
import sys
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

ALLOWED = {"h1", "h2", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "ol", "li", "details", "summary"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.codes, self.elements = [], [], set()

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED or attributes:
            sys.exit(f"<{tag}> with {attributes}")
        self.elements.add(tag)
        self.open.append(tag)
        if tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            sys.exit(f"</{tag}> ends another element")

    def handle_data(self, text):
        if "code" in self.open:
            self.codes[-1] += text
        elif re.search(r"[<>@`\u200e\u200f\u202a-\u202e\u2066-\u2069]", text):
            sys.exit(f"not our words: {text}")


def main(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # Raw HTML is let through, as GitHub lets it through to what sanitizes it.
    html = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    page = Page()
    page.feed(html)
    if page.open:
        sys.exit(f"{page.open} do not end")
    json.dump({"elements": sorted(page.elements), "codes": page.codes}, sys.stdout)


main(sys.argv[1])
