# Two commands are all the set-up there is: `make demo` and `make test`.

BUHIN := target/release/buhin

.PHONY: demo test engines engines-quick browser browser-quick check duckdb docs-check clean

# Builds buhin, fetches DuckDB's library, then compiles, builds and tests the demo project at the root.
demo: duckdb
	cargo build --release --locked
	$(BUHIN) build

# Runs every test, those on DuckDB included.
test: duckdb
	BUHIN_REQUIRE_DUCKDB=1 cargo test --locked

# What is emitted meets the engines that one machine can run, and their limits; ENGINES='--engine sqlite' takes flags.
engines:
	cargo build --release --locked
	python3 scripts/engines --install $(ENGINES)

# The same in a few minutes with what the tests have built; an engine that can't be had is named and left out.
engines-quick:
	cargo test --locked --no-run
	python3 scripts/engines --quick --install --buhin target/debug/buhin $(ENGINES)

# The demo's docs site in Chromium, driven by Playwright: search, lineage, graph, keyboard, axe, hostile text, screenshots.
# Without Chromium the tests are skipped by name. BUHIN_APPROVE=1 approves the screenshots as they are.
browser:
	cargo build --release --locked
	$(MAKE) browser-quick QUICK_BUHIN=$(BUHIN)

# The same with what the tests have built.
QUICK_BUHIN := target/debug/buhin
browser-quick:
	$(QUICK_BUHIN) docs generate --empty-catalog --target-path target/browser
	npm ci --prefix tests/browser --no-audit --no-fund --ignore-scripts
	SITE=target/browser/docs node --test --test-concurrency=1 tests/browser/*.test.mjs

# What a change must pass besides the tests.
check:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo check --locked --no-default-features
	cargo check --locked --no-default-features --features cli
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# DuckDB's shared library, prebuilt, from the npm registry, checked against a pinned checksum.
duckdb:
	@scripts/get-duckdb

clean:
	cargo clean
