# Short names for what people and CI run. `make help` lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash

CARGO ?= cargo
CLIPPY := $(CARGO) clippy --workspace --all-targets --locked -- -D warnings

.PHONY: help demo test check-all setup build headers fmt lint rust-test c-test c-long abi abi-renew package install-check docs \
  valgrind asan tsan abuse cuts load model sim planted fuzz test-gui test-proxies test-browser test-page test-sdks windows arm64 bench clean

help: ## Show this list
	@echo "Targets:"
	@awk -F ':[^#]*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Build it all, let two C programs talk, cut a link, show that nothing was lost
	@scripts/demo.sh

test: ## Everything that is checked before a change is accepted
	@scripts/setup.sh test
	@scripts/steps.sh "make test" \
	  "Format" "$(CARGO) fmt --all --check" \
	  "Lint" "$(CLIPPY)" \
	  "Rust tests, headers, exports and layout" "scripts/rust-test.sh" \
	  "Fuzz targets compile, known inputs pass" "scripts/fuzz.sh --check" \
	  "Headers are fresh" "$(CARGO) run --quiet --locked -p xtask -- headers --check" \
	  "Headers, alone and in any order" "scripts/check-headers.sh" \
	  "C sources compile cleanly" "scripts/check-c.sh" \
	  "C tests, shared and static" "scripts/c-test.sh" \
	  "A program with a window" "scripts/test-gui.sh" \
	  "README" "scripts/check-readme.sh" \
	  "Snapshot of the binary interface" "scripts/check-snapshot.sh" \
	  "Headers, as bindgen reads them" "scripts/check-bindgen.sh" \
	  "Packages, installed to empty places" "scripts/check-install.sh" \
	  "A library beside the vendor's" "scripts/check-prefix.sh" \
	  "A part of another project" "scripts/check-embedding.sh"

check-all: ## `make test`, then the longer checks: valgrind, fuzzing, stock browsers and server SDKs
	@scripts/setup.sh check-all
	@scripts/steps.sh "make check-all" \
	  "make test" "$(MAKE) --no-print-directory test" \
	  "Installing, as released" "scripts/check-install.sh release" \
	  "Reference and manual pages" "scripts/docs.sh" \
	  "valgrind" "scripts/valgrind.sh" \
	  "Planted bugs" "$(MAKE) --no-print-directory planted" \
	  "Fuzzing" "scripts/fuzz.sh" \
	  "WebSocket conformance" "scripts/conformance.sh" \
	  "Stock browser clients" "scripts/test-browser.sh" \
	  "The relay's page" "scripts/test-page.sh" \
	  "Stock server SDKs" "scripts/test-sdks.sh" \
	  "Demo" "scripts/demo.sh"

setup: ## Install what the targets need (as root on Debian; else say what to install)
	@scripts/setup.sh test

build: ## Build the release library, the relay, examples and C tests into build/
	@scripts/setup.sh build
	cmake -S . -B build -DCMAKE_BUILD_TYPE=Release
	cmake --build build --parallel

headers: ## Write include/ anew from src/ffi
	$(CARGO) run --quiet -p xtask -- headers

fmt: ## Format the Rust sources
	$(CARGO) fmt --all

lint: ## Format check and lints, for Rust and C
	@scripts/setup.sh test
	$(CARGO) fmt --all --check
	$(CLIPPY)
	scripts/check-c.sh

rust-test: ## Only the Rust tests
	scripts/rust-test.sh

c-test: ## Only the C tests, linked shared and static
	@scripts/setup.sh build
	scripts/c-test.sh

abi: ## Headers, exported names, layout of types and NULL behaviour, against tests/abi
	@scripts/setup.sh test
	$(CARGO) test --locked --test abi
	scripts/check-snapshot.sh

abi-renew: ## Write the snapshot of the binary interface anew, when a change of it is meant
	@scripts/setup.sh test
	scripts/check-snapshot.sh --renew

package: ## Pack what is shipped into target/packages: a tarball and Debian packages
	@scripts/setup.sh package
	scripts/package.sh

install-check: ## Pack, install to empty places, build and run strangers' programs there; PROFILE (default quick)
	@scripts/setup.sh test
	scripts/check-install.sh $(PROFILE)

docs: ## The reference of the C and C++ interface as HTML, into build/docs
	@scripts/setup.sh docs
	scripts/docs.sh

c-long: ## The C tests with their literal durations of minutes
	@scripts/setup.sh build
	scripts/c-long.sh

cuts: ## One conversation cut after each byte, by FIN and RST; START, STEP share the work, SKIP goes on
	$(CARGO) build --profile sim --locked -p otc-testkit --bins
	$(CARGO) run --profile sim --quiet --locked -p otc-testkit --bin otc-cuts -- $(or $(START),0) $(or $(STEP),1) $(or $(SKIP),0)

.PHONY: soak conformance
soak: ## Clients that signal while links fail: SIGNALS (default 1000000), CUTS (10000), CLIENTS (4), SEED
	$(CARGO) build --profile sim --locked -p otc-testkit --bins
	$(CARGO) run --profile sim --quiet --locked -p otc-testkit --bin otc-soak

conformance: ## The Autobahn cases against both ends of the WebSocket, from a suite on PyPI
	@scripts/conformance.sh

abuse: ## CALLS random calls of the C interface (default 1000000), SEED, THREADS
	@scripts/setup.sh build
	scripts/abuse.sh

load: ## Put a relay under load: SCENARIO (default all), PROFILE (default release; sim builds quicker), ARGS for otc-load
	@PROFILE=$(or $(PROFILE),release) scripts/load.sh $(SCENARIO) $(ARGS)

model: ## How threads meet, under OTC_MODEL_RUNS schedules a scenario (default 20000)
	scripts/model.sh

asan: ## Rust and C tests under the address and leak sanitizers
	@scripts/setup.sh asan
	scripts/sanitize.sh address

tsan: ## Rust and C tests under the thread sanitizer, with Debian's second Rust toolchain
	@scripts/setup.sh tsan
	scripts/sanitize.sh thread

valgrind: ## The C tests and examples under valgrind's memcheck
	@scripts/setup.sh valgrind
	scripts/valgrind.sh

sim: ## The deterministic simulation: SEEDS runs (default 100000) from START (default 0)
	$(CARGO) run --quiet --profile sim --locked -p otc-testkit --bin otc-sim -- \
	  --seeds $(or $(SEEDS),100000) --start $(or $(START),0)

planted: ## Known bugs, planted one at a time, and how soon the simulation finds each
	$(CARGO) test --quiet --profile sim --locked -p otc-testkit --features planted-bugs --test planted_bugs --test otc_sim -- --nocapture

fuzz: ## Every fuzz target, FUZZ_SECONDS each (default 60)
	scripts/fuzz.sh

test-gui: ## The GTK chat on a screen in memory: typed into, its link cut, read from screenshots
	@scripts/test-gui.sh

test-proxies: ## A C program through proxies that others wrote: tinyproxy and microsocks
	@scripts/test-proxies.sh

windows: ## Build for Windows (library, relay, examples, tests) and run the C tests with wine; PROFILE (default quick)
	@scripts/windows.sh -j 2

arm64: ## Build for 64-bit Arm and run the C tests with qemu; PROFILE (default quick)
	@scripts/arm64.sh -j 2

test-browser: ## The vendor's browser clients, unmodified, against the relay and native programs
	@scripts/test-browser.sh

test-page: ## The relay's own page in headless Chromium
	@scripts/test-page.sh

test-sdks: ## The vendor's server SDKs, unmodified, against the relay and native programs
	@scripts/test-sdks.sh

bench: ## The benchmarks
	$(CARGO) bench --workspace

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf build
