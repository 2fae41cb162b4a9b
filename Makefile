# SPDX-License-Identifier: Apache-2.0
# `make` alone lists what there is.

PREFIX ?= /usr/local
PROGRAMS := swocker swocker-runtime swocker-registry
IMAGES := busybox hello-world

# One static program: no library to find at start, and start-up is what counts here.
RELEASE := -c release --static-swift-stdlib -Xswiftc -static-executable \
	--explicit-target-dependency-import-check error
# The tests that `make test-vm` runs, and the cgroup hierarchies there: v2, hybrid, v1.
VM_TESTS ?= LinuxTests LaunchTests ExecTests RootPathTests theKernelTakesIt IntegrationTests
VM_CGROUPS ?= v2
VM_LIMIT ?= 7200
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

.PHONY: help setup build images image-debian install demo test test-docker test-vm vm-shell check format bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## install the Debian packages that the build needs
	@scripts/setup

build: setup images ## build the programs and the bundled images into bin/
	swift build $(RELEASE)
	@commit=$$(git describe --always --dirty --exclude='*' 2>/dev/null || echo unknown); \
	{ printf %s "$$commit"; head -c 48 /dev/zero; } | head -c 48 >.build/commit
	@for program in $(PROGRAMS); do \
		[ $$program = swocker-registry ] && told= || told='--update-section .commit=.build/commit'; \
		objcopy -S $$told .build/release/$$program bin/$$program.new && \
		mv bin/$$program.new bin/$$program || exit 1; \
	done

images: $(IMAGES:%=bin/images/%.tar)

.SECONDEXPANSION:
bin/images/%.tar: $$(wildcard images/$$*/* images/$$*/etc/*) images/pack | setup
	images/$*/build $@

image-debian: setup ## build the debian image too (needs mmdebstrap; run as root)
	$(SUDO) images/debian/build bin/images/debian.tar

install: build ## install to PREFIX (/usr/local)
	for program in $(filter-out swocker-registry,$(PROGRAMS)); do \
		install -D -m 755 bin/$$program $(DESTDIR)$(PREFIX)/bin/$$program || exit 1; \
	done
	install -D -m 755 bin/swocker-registry $(DESTDIR)$(PREFIX)/libexec/swocker/swocker-registry
	install -d $(DESTDIR)$(PREFIX)/share/swocker/images
	install -m 644 bin/images/*.tar $(DESTDIR)$(PREFIX)/share/swocker/images/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' scripts/swocker.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/swocker.service

demo: build ## build everything and run two containers
	$(SUDO) bin/swocker run --rm hello-world
	$(SUDO) bin/swocker run --rm busybox echo "It works: an echo out of a container."

test: build ## unit tests, image tests, integration tests (as root)
	@scripts/setup peers
	Tests/images-reproducible
	swift build --build-tests
	swift test --skip-build --skip IntegrationTests
	$(SUDO) env PATH="$$PATH" SWOCKER=$(CURDIR)/bin/swocker \
		swift test --skip-build --filter IntegrationTests
	$(SUDO) Tests/scripts/all

test-docker: ## the scripts of whole lifecycles against Debian's Docker, where it is installed
	$(SUDO) Tests/scripts/with-docker Tests/scripts/all

test-vm: build ## tests on Linux 6.1 with cgroup v2, in qemu (VM_TESTS="RunTests", VM_CGROUPS=v1)
	@scripts/setup vm
	swift build --build-tests
	$(SUDO) env PATH="$$PATH" SWOCKER=$(CURDIR)/bin/swocker \
		Tests/vm/run --cgroups $(VM_CGROUPS) --limit $(VM_LIMIT) $(VM_TESTS)

vm-shell: build ## a shell in the machine of test-vm
	@scripts/setup vm
	$(SUDO) env PATH="$$PATH:$(CURDIR)/bin" Tests/vm/run --cgroups $(VM_CGROUPS) --shell

check: setup ## layout of the source, layering, scripts
	swift format lint --strict --recursive Sources Tests Package.swift
	scripts/check-source
	scripts/check-scripts

format: ## lay out the source
	swift format --in-place --recursive Sources Tests Package.swift

bench: build ## measure beside runc, crun, podman, docker (BENCH="--help" for options)
	$(SUDO) env PATH="$$PATH" SWOCKER=$(CURDIR)/bin/swocker Tests/bench/run $(BENCH)

clean: ## remove everything that was built
	rm -rf .build .build-vm bin
