# Six commands; each installs what it needs first. Pass arguments with ARGS="…".

SHELL := /bin/sh
# Where rustup puts cargo, for shells that have not read its profile.
export PATH := $(PATH):$(HOME)/.cargo/bin
ARGS ?=
BASE ?=
COUNTS = cargo run --release --locked --package atelier-counts
BENCH_WORKLOADS = product,styles,reviews,meta,questions,page,capstone,static
BENCH_SCRIPTS = bench/database bench/flamegraph bench/floors bench/gate bench/growth bench/import bench/pages

.PHONY: help run test contract counts lint bench bench-quick bench-gate bench-build bench-data install cargo

help:
	@echo 'make run    start the server with its own database and the sample data'
	@echo '            (options: make run ARGS="--listen 0.0.0.0:8080")'
	@echo 'make test   everything that CI runs (one test: make test ARGS="name")'
	@echo '            (make contract: of that, only the requests made up from openapi.yaml;'
	@echo '            make counts: only the instructions of the hot path)'
	@echo 'make lint   format, lints, documentation, licences'
	@echo 'make bench  Atelier beside other servers, in some 25 minutes (options: ARGS="…")'
	@echo '            (make bench-quick: in two minutes; make bench-gate BASE=commit: whether a'
	@echo '            route takes more CPU than then; make bench-data: a database of the whole set)'

run: install
	@cargo run --release --locked -- serve $(ARGS)

# The databases of the tests lie in a directory of their own, so that nothing stays behind; its
# mode lets in the user that root's PostgreSQL runs as. The exit code is that of the tests. With a
# name, only the tests of that name are run.
test: install
	@scripts/install browser contract counts
	@set -eu; \
	TMPDIR=$$(mktemp -d "$${TMPDIR:-/tmp}/atelier-test.XXXXXX"); \
	export TMPDIR; \
	chmod 755 "$$TMPDIR"; \
	trap 'rm -rf "$$TMPDIR" 2>/dev/null || { sleep 2; rm -rf "$$TMPDIR"; }' EXIT; \
	trap 'exit 130' INT; \
	trap 'exit 143' TERM; \
	cargo test --workspace --locked $(ARGS); \
	if [ -z "$(ARGS)" ]; then scripts/contract; $(COUNTS); fi

contract: install
	@scripts/install contract
	@scripts/contract $(ARGS)

# Fails when a step of the hot path takes more instructions than bench/counts/counts.toml has;
# ARGS=--write writes that file anew.
counts: install
	@scripts/install counts
	@$(COUNTS) -- $(ARGS)

lint: install
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	@if command -v cargo-deny >/dev/null; then cargo deny check; \
	else echo 'lint: licences and advisories not checked: cargo install cargo-deny'; fi
	@if command -v shellcheck >/dev/null; then shellcheck scripts/* .ci/run $(BENCH_SCRIPTS); \
	else echo 'lint: shell scripts not checked: apt-get install shellcheck'; fi

# Beside other servers, some 25 minutes: the figures go to bench/runs/<date>-peers. The
# load at a constant rate is oha's, which is built once, into target/tools.
bench: bench-build target/tools/bin/oha
	@PATH="$(CURDIR)/target/tools/bin:$$PATH" target/release/atelier-bench run \
	    --database "$$(bench/database)" --workloads $(BENCH_WORKLOADS) --seconds 1 $(ARGS)

# The same in two minutes: three workloads, one round, no curves, nothing kept in bench/runs.
bench-quick: bench-build
	@target/release/atelier-bench run --quick --database "$$(bench/database)" \
	    --out target/bench-quick $(ARGS)

# Whether a route has become dearer than at BASE: the newest tag, else the commit before.
bench-gate: install
	@scripts/install load
	@bench/gate $(BASE) $(ARGS)

bench-build: install
	@scripts/install load
	cargo build --release --locked --workspace

target/tools/bin/oha:
	@if command -v oha >/dev/null; then \
	    mkdir -p $(@D); ln -sf "$$(command -v oha)" $@; \
	else \
	    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	    cargo install oha --version =1.16.0 --locked --root target/tools; \
	fi

# The whole set in a database to measure on: 7 GB of files, 12 GB of database, some minutes.
bench-data: install
	cargo build --release --locked
	@data=$${BENCH_DATA:-/var/tmp/atelier-bench}; products=$${PRODUCTS:-1000011}; \
	[ -d "$$data/files-$$products" ] || \
	    target/release/atelier generate "$$data/files-$$products" --products "$$products" --seed 1; \
	target/release/atelier import "$$data/files-$$products" --data-dir "$$data/database-$$products"

install: cargo
	@scripts/install postgresql compiler

cargo:
	@command -v cargo >/dev/null || { \
	echo 'error: cargo is missing: install Rust, https://rustup.rs, and try again' >&2; \
	exit 1; }
