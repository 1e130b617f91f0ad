# A fresh machine needs a Rust toolchain, Node.js, Python 3 and make; every target does the rest of
# its set-up itself, in folders that git ignores (.venv, .tools, target).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
PYTHON ?= python3
# CI passes --locked, so that Cargo.lock is never rewritten behind its back
LOCKED ?=

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
VENV := $(abspath .venv)
REQUIREMENTS := tests/python/requirements.txt
REPORT := $(TARGET_DIR)/demo-report

CARGO_DENY_VERSION := 0.20.2
UV_VERSION := 0.13.9

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Not for the one example (of `make bench-scan`): asking for examples makes Cargo choose the features
# that tests need, so that `make demo`, `make test` and `make doc` share what they compile: without it,
# a fifth of the dependencies, all of the AWS SDK among them, is compiled a second time.
AS_TESTS := --examples

.PHONY: build
build: ## build all binaries (development profile)
	$(CARGO) build $(LOCKED) --workspace --bins $(AS_TESTS)

.PHONY: release
release: ## build the command line for use: target/release/ecr-encryption
	$(CARGO) build $(LOCKED) --release --package ecr-encryption-aggregator --bin ecr-encryption

# cargo-lambda and zig, both from PyPI
LAMBDA_TOOLS := .tools/lambda
# arm64 or x86_64; none: arm64 where Rust's standard library for it is installed
LAMBDA_ARCH ?=
LAMBDA = CARGO=$(CARGO) PYTHON=$(PYTHON) LOCKED=$(LOCKED) .ci/lambda

.PHONY: lambda
lambda: $(LAMBDA_TOOLS)/requirements.installed ## build the zip files of both functions; LAMBDA_ARCH=arm64 or x86_64
	$(LAMBDA) ecr-encryption-rule ecr-encryption-rule $(LAMBDA_ARCH)
	$(LAMBDA) ecr-encryption-aggregator ecr-encryption $(LAMBDA_ARCH)

# Built for the machine it runs on, in a folder of its own: a zip to deploy may be for another one.
BENCH := $(abspath $(TARGET_DIR))/bench-rule
BENCH_ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
# such as `--processes 5 --warm 50`
BENCH_ARGUMENTS ?=

.PHONY: bench-rule
bench-rule: python $(LAMBDA_TOOLS)/requirements.installed ## measure the rule beside a hello-world Lambda and Python
	$(LAMBDA) ecr-encryption-rule ecr-encryption-rule $(BENCH_ARCH) $(BENCH)
	$(LAMBDA) hello-lambda hello-lambda $(BENCH_ARCH) $(BENCH)
	$(CARGO) bench $(LOCKED) --profile dev --workspace --bench rule -- \
	    --rule $(BENCH)/ecr-encryption-rule/bootstrap --rule-zip $(BENCH)/ecr-encryption-rule.zip \
	    --hello $(BENCH)/hello-lambda/bootstrap --hello-zip $(BENCH)/hello-lambda.zip \
	    --python $(abspath $(VENV))/bin/python $(BENCH_ARGUMENTS)

# Its own arguments, `BENCH_ARGUMENTS=--help` tells them; CARGO_PROFILE_RELEASE_LTO=off builds in a third of the time.
.PHONY: bench-scan
bench-scan: python ## measure scans of 10 to 1,000 accounts (BENCH_ARGUMENTS=--large: 10,000) beside their lower bounds
	$(CARGO) build $(LOCKED) --release --workspace --bin ecr-encryption --bin organization-simulator --example scan-clients
	$(CARGO) bench $(LOCKED) --profile dev --workspace --bench scan -- \
	    --simulator $(abspath $(TARGET_DIR))/release/organization-simulator \
	    --scanner $(abspath $(TARGET_DIR))/release/ecr-encryption \
	    --clients $(abspath $(TARGET_DIR))/release/examples/scan-clients \
	    --python $(abspath $(VENV))/bin/python $(BENCH_ARGUMENTS)

# pyarrow, from PyPI
BENCH_TOOLS := .tools/bench

# Some gigabytes in the folder for temporary files, TMPDIR; `BENCH_ARGUMENTS=--help` tells the arguments.
.PHONY: bench-report
bench-report: $(BENCH_TOOLS)/requirements.installed ## measure rendering 1,000,000 findings in every format beside Python
	$(CARGO) build $(LOCKED) --release --workspace --bin ecr-encryption
	$(CARGO) bench $(LOCKED) --profile dev --workspace --bench report -- \
	    --program $(abspath $(TARGET_DIR))/release/ecr-encryption \
	    --python $(abspath $(BENCH_TOOLS))/bin/python $(BENCH_ARGUMENTS)

$(BENCH_TOOLS)/requirements.installed: tests/python/requirements-bench.txt
	@rm -rf $(BENCH_TOOLS)
	@$(PYTHON) -m venv $(BENCH_TOOLS)
	$(BENCH_TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.PHONY: lambda-watch
lambda-watch: build $(LAMBDA_TOOLS)/requirements.installed ## try the rule under cargo lambda watch and cargo lambda invoke
	CARGO=$(CARGO) PYTHON=$(PYTHON) LOCKED=$(LOCKED) $(TARGET_DIR)/debug/organization-simulator \
	    --organization tests/organizations/rule.toml --run -- tests/lambda-watch.sh

$(LAMBDA_TOOLS)/requirements.installed: tests/python/requirements-lambda.txt
	@rm -rf $(LAMBDA_TOOLS)
	@$(PYTHON) -m venv $(LAMBDA_TOOLS)
	$(LAMBDA_TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# The demo organization is not clean on purpose: status 3 is what a scan of it should end with. 0
# and 4 are finished runs too; anything else (1 could not run, 2 usage, 101 a panic …) is a failure.
.PHONY: demo
demo: build ## scan a simulated organization and write a report, without an AWS account
	@rm -rf $(REPORT)
	@status=0; \
	$(TARGET_DIR)/debug/organization-simulator --organization tests/organizations/demo.toml --run -- \
	    $(TARGET_DIR)/debug/ecr-encryption scan --policy tests/organizations/demo-policy.toml \
	    --output $(REPORT) || status=$$?; \
	case $$status in \
	    0) echo "Exit status 0: every repository complies and every target was covered.";; \
	    3) echo "Exit status 3, as expected: the demo organization has repositories that do not comply.";; \
	    4) echo "Exit status 4: no repository fails, but one could not be judged or a target was not covered.";; \
	    *) echo "demo: the scan failed with exit status $$status" >&2; exit 1;; \
	esac; \
	test -s $(REPORT)/latest/report.html || { echo "demo: no $(REPORT)/latest/report.html was written" >&2; exit 1; }; \
	echo "The report:"; \
	echo "$(REPORT)/latest/report.html"

EVENTS := tests/events

.PHONY: invoke
invoke: $(if $(EVENT),build) ## run the rule on EVENT=tests/events/….json, and print what AWS Config would receive
	@if [ -z "$(EVENT)" ]; then \
	    echo "invoke: no EVENT given. For example: make invoke EVENT=$(EVENTS)/ecr-change.json" >&2; \
	    echo "There are:" $(notdir $(wildcard $(EVENTS)/*.json)) >&2; \
	    exit 2; \
	fi
	@$(TARGET_DIR)/debug/invoke-rule --organization tests/organizations/rule.toml \
	    --function $(TARGET_DIR)/debug/ecr-encryption-rule $(EVENT)

# The binaries are built first: the end-to-end tests run them. One of the tests writes a page that the browser opens then.
.PHONY: test
test: python build browser ## run all tests
	@mkdir -p $(PAGES)
	ECR_ENCRYPTION_WRITE_SAMPLES=$(PAGES) PROJECT_PYTHON=$(VENV)/bin/python $(CARGO) test $(LOCKED) --workspace
	$(NODE) --test tests/browser/page.test.mjs
	$(MAKE) cdk-test

NODE ?= node
NPM ?= npm
REPORT_PAGE := aggregator/report-page
BROWSER := tests/browser
PAGES := $(abspath $(TARGET_DIR))/browser

# Anew only where a lock file has changed; no package runs a script of its own.
%/node_modules/.installed: %/package-lock.json
	cd $* && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: report-page
report-page: $(REPORT_PAGE)/node_modules/.installed ## build the script and the style of report.html; commit what it writes
	cd $(REPORT_PAGE) && $(NPM) run --silent build

.PHONY: report-page-check
report-page-check: $(REPORT_PAGE)/node_modules/.installed ## check the types of the page's script, and that the committed build is of its sources
	cd $(REPORT_PAGE) && $(NPM) run --silent check

# A Chromium from a package is installed only where the machine has none: $CHROMIUM, or one on the PATH.
.PHONY: browser
browser: $(BROWSER)/node_modules/.installed
	@$(NODE) $(BROWSER)/browser.mjs >/dev/null || $(MAKE) $(BROWSER)/chromium/node_modules/.installed

.PHONY: page-samples
page-samples:
	@mkdir -p $(PAGES)
	ECR_ENCRYPTION_WRITE_SAMPLES=$(PAGES) $(CARGO) test $(LOCKED) --workspace --lib a_page_with_everything

.PHONY: browser-test
browser-test: build browser page-samples ## drive report.html in Chromium; pictures and a PDF: target/browser
	$(NODE) --test tests/browser/page.test.mjs

.PHONY: bench-page
bench-page: build browser ## measure how long a page with 20,000 findings takes to open
	$(NODE) $(BROWSER)/opening.mjs

.PHONY: screenshots
screenshots: build browser page-samples ## write the pictures of the README
	$(NODE) $(BROWSER)/screenshots.mjs

# The CDK app: its packages in cdk/node_modules, what its tests need of Python in .tools/cdk
CDK_PACKAGES := cdk/node_modules/.installed
CDK_TOOLS := .tools/cdk
# such as examples/organization.yaml; a path starts in the folder cdk
CONFIGURATION ?= configuration.yaml

.PHONY: cdk-test
cdk-test: python $(CDK_PACKAGES) $(CDK_TOOLS)/requirements.installed ## run the tests of the CDK app
	cd cdk && PROJECT_PYTHON=$(VENV)/bin/python npm test --silent

.PHONY: cdk-lint
cdk-lint: $(CDK_PACKAGES) ## check the types, the format and the lints of the CDK app
	cd cdk && npm run --silent lint

.PHONY: cdk-synth
cdk-synth: $(CDK_PACKAGES) ## synthesise cdk/$(CONFIGURATION) into cdk/cdk.out; CONFIGURATION=examples/organization.yaml
	cd cdk && npx cdk synth --quiet --context configuration=$(CONFIGURATION)

$(CDK_PACKAGES): cdk/package-lock.json
	cd cdk && npm ci --silent
	@touch $@

$(CDK_TOOLS)/requirements.installed: tests/python/requirements-cdk.txt
	@rm -rf $(CDK_TOOLS)
	@$(PYTHON) -m venv $(CDK_TOOLS)
	$(CDK_TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# Some minutes; the tests themselves run 256 cases of each.
FUZZ_CASES ?= 100000

.PHONY: fuzz
fuzz: ## feed the rule broken events; FUZZ_CASES says how many of each kind
	PROPTEST_CASES=$(FUZZ_CASES) $(CARGO) test $(LOCKED) --workspace --test raw_events

# A list such as 1-100 or 3,17. What a seed does depends on it alone; the test run tries a few of its own.
SEEDS ?= 1-100

.PHONY: chaos
chaos: build ## scan while everything goes wrong; SEEDS says in which ways, 1-100 or 17
	CHAOS_SEEDS=$(SEEDS) $(CARGO) test $(LOCKED) --workspace --test scan chaos:: -- --nocapture

.PHONY: snapshots
snapshots: python build ## rewrite the snapshots; review the difference before committing
	PROJECT_PYTHON=$(VENV)/bin/python INSTA_UPDATE=always INSTA_FORCE_PASS=1 \
	    $(CARGO) test $(LOCKED) --workspace

.PHONY: schema
schema: ## rewrite aggregator/schema from the types
	ECR_ENCRYPTION_WRITE_SCHEMA=1 $(CARGO) test $(LOCKED) --workspace --lib schema

.PHONY: fmt
fmt: ## format the code
	$(CARGO) fmt --all

.PHONY: lint
lint: report-page-check cdk-lint ## check the format and the lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --workspace --all-targets -- -D warnings

.PHONY: doc
doc: ## build the API documentation
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(LOCKED) --workspace --lib $(AS_TESTS) --no-deps

# cargo-deny: the one on the PATH where it has the pinned version, else one in .tools. It is built
# without optimization, in a third of the time, and checks this tree in seconds all the same.
CARGO_DENY := $(shell if [ "$$(cargo-deny --version 2>&1)" = "cargo-deny $(CARGO_DENY_VERSION)" ]; \
    then command -v cargo-deny; else echo .tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny; fi)
# an advisory database that can't be reached must not hold up the rest
TIMEOUT := $(if $(shell command -v timeout),timeout 120)

.tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny:
	CARGO_TARGET_DIR=$(abspath .tools/build) CARGO_INCREMENTAL=0 \
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_STRIP=none \
	    $(CARGO) install --locked --root .tools/cargo-deny-$(CARGO_DENY_VERSION) \
	    --version $(CARGO_DENY_VERSION) cargo-deny
	rm -rf .tools/build

.PHONY: deny
deny: $(CARGO_DENY) ## check licences, banned crates, sources and security advisories
	$(CARGO_DENY) $(LOCKED) check --hide-inclusion-graph licenses bans sources
	@if $(TIMEOUT) $(CARGO_DENY) $(LOCKED) fetch db >/dev/null 2>&1; then \
	    $(CARGO_DENY) $(LOCKED) check --hide-inclusion-graph advisories; \
	else \
	    echo "NOTICE: the advisory database can't be reached; advisories were NOT checked."; \
	fi

.PHONY: ci
ci: ## everything that must hold before a change is merged
	.ci/run

.PHONY: clean
clean: ## delete everything that these targets made
	$(CARGO) clean
	rm -rf .venv .tools target cdk/node_modules cdk/cdk.out $(REPORT_PAGE)/node_modules $(BROWSER)/node_modules \
	    $(BROWSER)/chromium/node_modules

.PHONY: python
python: $(VENV)/requirements.installed ## set up .venv for the tests against moto

$(VENV)/requirements.installed: $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "The tests need Python 3.11 or later as $(PYTHON); another one: make test PYTHON=…" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$(PYTHON) can't make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	    exit 1; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(REQUIREMENTS)
	@touch $@

.PHONY: requirements
requirements: ## pin the requirements files of tests/python anew, each from its .in file
	test -x .tools/uv/bin/uv || $(PYTHON) -m venv .tools/uv
	.tools/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	cd tests/python && for name in requirements requirements-bench requirements-lambda requirements-cdk; do \
	    $(abspath .tools)/uv/bin/uv pip compile --quiet --universal \
	        --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	        --custom-compile-command "make requirements" $$name.in --output-file $$name.txt; \
	done
