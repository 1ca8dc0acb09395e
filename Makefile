# The doors of fovea. Thin: CMake does the work, tools/build calls it.
#
#   make                    build/fovea, build/libfovea.a, build/libfovea.so
#   make test               build and run every test; the last line is "N passed, N failed"
#   make test-web           the explorer's page in Chromium against the real server; screenshots to build/screens
#   make demo               filter a photo, let a real network name photos
#   make bench              timings, short   make conformance   compare with reference numbers, write docs/conformance.md
#   make fuzz               SECONDS=60: every reader against made-up files for so long each (clang)
#   make format             clang-format     make lint          every check on the sources and the objects
#   make install            PREFIX=/usr/local DESTDIR=
#
# PRESET=release|debug|asan|tsan|coverage chooses what is built (build, build-debug, build-asan ...), CC=clang-14 by whom.

PRESET ?= release
PREFIX ?= /usr/local
ifneq ($(origin CC),default)
export CC
endif

.PHONY: all setup test test-web demo bench conformance fuzz format lint install clean

all:
	@tools/build $(PRESET)

setup:
	@tools/setup

test:
	@tools/setup
	@tools/test $(PRESET)

test-web:
	@tools/setup --browser
	@tools/build release
	@node web/tests/browser/run.mjs build/fovea build/screens

demo:
	@tools/setup --demo || tools/setup
	@tools/build release
	@tools/demo

bench:
	@tools/build release
	@tools/bench

conformance:
	@tools/build release
	@tools/conformance

SECONDS ?= 60
fuzz:
	@tools/fuzz $(SECONDS)

format:
	@tools/setup --development
	@tools/lint-format --fix

lint:
	@tools/setup --development
	@tools/build release
	@tools/lint

install:
	@tools/build release
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)"

clean:
	@rm -rf build build-debug build-asan build-tsan build-coverage build-fuzz
