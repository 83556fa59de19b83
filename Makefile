# SPDX-License-Identifier: GPL-2.0
# kdefragd: the commands.  "make help" explains them.

ARM ?= series
debug := $(if $(filter-out 0,$(DEBUG)),--debug)
export KERNEL_TREE BUILD_DIR

export BENCH BENCH_ARMS BENCH_SEEDS BENCH_JOBS BENCH_FAST

.PHONY: help run test bench setup tree kernel kunit selftest check viewer refresh build-each arm64 unaccepted clean

help:
	@echo 'make run        from nothing: build, boot in QEMU, show the parts at work'
	@echo '                (STOCK=1: the bare base as well; ALL=1: the check with kcompactd'
	@echo '                and with reclaim as well)'
	@echo 'make bench      the benchmark, all arms; BENCH="skew churn", BENCH_ARMS="A S",'
	@echo '                BENCH_SEEDS=N, BENCH_JOBS=N, BENCH_FAST=1; stopped, it goes on where it was'
	@echo 'make test       from nothing: check, kunit, selftest; ends with a count'
	@echo
	@echo 'make tree       build/tree: the base with the series as commits'
	@echo 'make kernel     build/$$ARM/bzImage; ARM=stock|series, DEBUG=1'
	@echo 'make kunit      the KUnit tests, in the test kernel; DEBUG=1: in the debug kernel'
	@echo 'make selftest   the kselftests, ours and the base'"'"'s, in QEMU; DEBUG=1 as above'
	@echo 'make check      patches/ against the files here, builds per patch, style'
	@echo 'make viewer     build/fragview, the memory map (scripts/map draws recordings)'
	@echo 'make build-each a whole kernel per patch, built and booted; mm/ for'
	@echo '                other machines: 32 bits, one CPU, one node, next to nothing (slow)'
	@echo 'make arm64      kernels for arm64 with pages of 4 and 64 KiB, their KUnit tests'
	@echo '                and selftests (slow)'
	@echo 'make unaccepted a kernel with memory that is accepted in steps: counts after each'
	@echo 'make refresh    fold edits of build/tree and of the files here into patches/'
	@echo 'make setup      install the packages that are missing'
	@echo 'make clean      remove the builds; the download and the compiler cache stay'
	@echo
	@echo 'KERNEL_TREE=/path takes the base from your own kernel tree (only read)'
	@echo 'BUILD_DIR=/path   puts everything that is built elsewhere than build/'
	@echo 'scripts/boot --help: run a program of yours in the guest'

# What cannot work says so before anything is installed or built.
ifneq ($(filter kernel,$(MAKECMDGOALS)),)
ifeq ($(filter stock series,$(ARM)),)
$(error unknown ARM '$(ARM)': stock or series)
endif
endif
ifneq ($(filter kunit selftest,$(MAKECMDGOALS)),)
ifneq ($(ARM),series)
$(error ARM=$(ARM): the tests are those of the series, leave it out)
endif
endif

setup:
	@scripts/setup
tree:
	@scripts/tree --check
	@scripts/setup
	@scripts/tree
kernel: tree
	@scripts/kernel $(debug) $(ARM)
run:
	@scripts/run $(if $(filter-out 0,$(STOCK)),--stock) $(if $(filter-out 0,$(ALL)),--all)
test:
	@scripts/test
bench:
	@scripts/bench --check
	@$(MAKE) --no-print-directory tree
	@scripts/kernel stock
	@scripts/kernel series
	@scripts/bench
kunit: tree
	@scripts/kernel $(debug) series
	@scripts/kunit $(debug)
selftest: tree
	@scripts/kernel $(debug) series
	@scripts/selftest $(debug)
check: tree
	@scripts/check
viewer: tree
	@scripts/viewer
build-each: tree
	@scripts/build-each --configs
	@scripts/build-each
arm64: tree
	@scripts/arm64
unaccepted: tree
	@scripts/unaccepted
refresh:
	@scripts/refresh
clean:
	@scripts/clean
