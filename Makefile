# tongda: `make help` lists the targets. Every target that builds first runs `setup`, which installs what is missing.

CARGO ?= cargo
TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
TONGDA := $(TARGET_DIR)/release/tongda

# Commands that the build calls, each with the Debian package that brings it. PROJ is built from source, because
# Debian 12 has 9.1 and 9.6.2 or newer is needed: that takes cmake, a C++ compiler and the sqlite3 command.
TOOLS := gcc:gcc g++:g++ make:make cmake:cmake sqlite3:sqlite3

.DEFAULT_GOAL := help
.PHONY: help setup build test nightly demo demo-helsinki qgis-plugin doc lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what the build needs and is missing (Debian and its relatives; says what before it does)
	@set -e; \
	if ! command -v $(CARGO) >/dev/null 2>&1; then \
		echo "setup: cargo is missing: install Rust with rustup (https://rustup.rs), then run make again" >&2; exit 1; \
	fi; \
	missing=; \
	for tool in $(TOOLS); do \
		command -v "$${tool%%:*}" >/dev/null 2>&1 || missing="$$missing $${tool##*:}"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	if ! command -v apt-get >/dev/null 2>&1; then \
		echo "setup: missing:$$missing; this is no Debian, so install them with your own package manager" >&2; exit 1; \
	fi; \
	if [ "$$(id -u)" != 0 ]; then \
		echo "setup: missing:$$missing; run this line, then make again:" >&2; \
		echo "  sudo apt-get install -y --no-install-recommends$$missing" >&2; exit 1; \
	fi; \
	echo "setup: installing$$missing (needed to build PROJ from source)"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -qq; \
	apt-get install -y -qq --no-install-recommends $$missing

build: setup ## build the release binary (the first time some minutes: PROJ and SQLite are compiled too)
	$(CARGO) build --release

test: setup ## run all tests with all features (PostGIS in a PostgreSQL of its own; root installs what is missing), and the examples in the docs
	@set -e; \
	if ! command -v ogr2ogr >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "test: installing gdal-bin"; apt-get install -y -qq --no-install-recommends gdal-bin >/dev/null || true; \
	fi; \
	features=bench,geoparquet; server=; \
	if command -v ogr2ogr >/dev/null; then features=$$features,gdal; else echo "skipped: GDAL's ogr2ogr is missing"; fi; \
	if .ci/with_postgis true; then features=$$features,postgis; server=.ci/with_postgis; else echo "skipped: PostGIS is missing"; fi; \
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$$server $(CARGO) nextest run --features $$features $(if $(ALL),--run-ignored all); \
	else \
		$$server $(CARGO) test --lib --bins --tests --examples --features $$features $(if $(ALL),-- --include-ignored); \
	fi; \
	$(CARGO) test --doc --features $$features

nightly: ## what takes too long for every change: the tests that are marked as long, and a thousand towns against the peers, with all of .ci/run
	ALL=1 TONGDA_TOWNS=1000 .ci/run

demo: build ## judge Jiangsu on both boundary files and show where they differ; layers go to out/
	@echo; echo "== Jiangsu on the boundaries of Tianditu"
	$(TONGDA) run configs/jiangsu-tianditu.toml
	@echo; echo "== Jiangsu on the boundaries in WGS 84"
	$(TONGDA) run configs/jiangsu.toml
	@echo; echo "== Pairs of counties on which the two boundary files differ"
	$(TONGDA) compare out/jiangsu.json out/jiangsu-tianditu.json
	@echo; echo "== Jiangsu by timetable: the same lines as a GTFS feed"
	$(TONGDA) run configs/jiangsu-timetable.toml
	@echo; echo "== Jiangsu by room: who finds a seat, a place in a shelter, a doctor"
	$(TONGDA) run configs/jiangsu-room.toml
	@echo; echo "== The whole plan, promise by promise"
	$(TONGDA) run configs/jiangsu-2024-102.toml
	@echo; echo "The boundaries and the township seats are real, the services are synthetic (geodata/SOURCES.md)."
	@echo "Open out/jiangsu-2024-102.html (the whole plan) and out/jiangsu.html in a browser, and out/jiangsu.gpkg or out/jiangsu.qgz in QGIS. What was written:"
	@test -s out/jiangsu.gpkg && test -s out/jiangsu.qgz
	@find out/jiangsu* -type f | LC_ALL=C sort | sed 's/^/  /'

demo-helsinki: build ## judge central Helsinki on foot, all on real data: schools, clinics and shelters, with catchments; layers go to out/
	$(TONGDA) run configs/helsinki.toml
	@echo; echo "== Central Helsinki by room and fairness"
	$(TONGDA) run configs/helsinki-room.toml
	@echo; echo "== The fifteen-minute city: every kind of daily need within a quarter of an hour"
	$(TONGDA) run configs/fifteen-minute-city.toml
	@echo; echo "== Living circles of 5, 10 and 15 minutes"
	$(TONGDA) run configs/living-circle.toml
	@echo; echo "Everything is real: © OpenStreetMap contributors, ODbL 1.0 (geodata/SOURCES.md)."
	@echo "Open out/helsinki.gpkg or out/helsinki.qgz in QGIS. What was written:"
	@test -s out/helsinki.gpkg && test -s out/helsinki.qgz
	@find out/helsinki* -type f | LC_ALL=C sort | sed 's/^/  /'

qgis-plugin: ## pack the Processing plugin of QGIS into a zip for its plugin repository
	qgis/package.sh

doc: setup ## build the library's documentation; a warning is an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --all-features

lint: setup ## check the formatting and run clippy; a warning is an error
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --all-features -- -D warnings

clean: ## remove what was built and what the demo wrote
	$(CARGO) clean
	rm -rf out
