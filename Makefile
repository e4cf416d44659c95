# Two commands for a fresh machine: `make demo` shows the product, `make test` proves it.
# Everything is built in release: the C kernels are unusably slow at -O0 (Documentation/Decisions/0004).

.PHONY: demo test build docs crash-test clean

demo:
	@scripts/bootstrap.sh
	swift build -c release --product needletail
	@scripts/demo.sh

test:
	@scripts/bootstrap.sh --tests
	swift build -c release --build-tests --explicit-target-dependency-import-check error
	.build/release/needletail model fetch
	swift test -c release --skip-build

build:
	swift build -c release

docs:
	swift package generate-documentation --warnings-as-errors --target Needletail

crash-test:
	scripts/crash-test.sh

clean:
	rm -rf .build
