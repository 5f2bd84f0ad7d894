# SPDX-License-Identifier: MIT
# make demo    trains a small model under the tracker and shows what it cost
# make test    lint, C++ tests, Python tests without and with the optional packages
# make browser-test  tests every page in a headless Chromium: all of tests/python/report, none skipped
# make framework-test  trains tiny models with the real frameworks: callbacks, trackers of experiments, CodeCarbon's
#              users, the docs' blocks; offline, none skipped
# make torch-test  builds and tests co2lib::torch with the LibTorch of .venv
# make cost    measures what co2lib itself costs, beside other tools, and writes docs/cost.md
# make headers prints what each front-door header costs the compiler, beside <fmt/format.h>
# make forecast  backtests the intensity forecasters on the traces at hand, times pricing; writes docs/forecast.md
# make plan    says what adapting is worth on the traces at hand, and how fast it is decided; writes docs/adaptive.md
# make predict  says how fast a network is predicted, beside scikit-learn; writes docs/inference.md
# make embodied  validates the hardware's carbon on published footprints, times its draws; writes docs/embodied.md
# make hub     reads a million generated cards, beside huggingface_hub's reader and over Dask; writes docs/hub.md
# make speed   measures PreIndex beside NumPy loops, scikit-learn and the forward passes; writes docs/preindex.md
# make truth   runs the truth bench, co2lib beside other tools, and writes docs/truth.md
# make dist    makes the source archive and a manylinux wheel for each Python found, in dist/
# make site    builds the documentation site, in build/site/html
# make report  draws the gallery of docs/report.md
# All prepare the machine themselves (tools/setup.sh) and work in .venv, .venv-core, .venv-frameworks and build/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

# Optional parts: each name has its pip requirements. `make test` installs all of them into .venv, `make demo` those
# named in DEMO_PARTS. The requirement of torch is installed alone and first, so that the user decides which build it
# is, and nothing installed later replaces it: TORCH="torch --index-url https://download.pytorch.org/whl/cpu"; `TORCH=`
# leaves it out.
TORCH ?= torch==2.13.0
PARTS := torch sklearn onnx viz exchange metrics hub
part_torch := $(TORCH)
part_sklearn := scikit-learn>=1.4
part_onnx := onnx>=1.16
part_viz := altair==6.3.0 vl-convert-python==1.9.0.post1
part_exchange := jsonschema>=4.18 rfc3339-validator>=0.1.4
part_hub := huggingface_hub>=1.0 pandas>=2 pyarrow>=15 scipy>=1.11 dask[distributed]>=2024.1
# What shows and runs the pages, beside all of PARTS: for `make browser-test`.
part_browser := gradio>=6 playwright>=1.60 axe-playwright-python>=0.1.8 pillow>=10 pypdfium2>=4 nbclient>=0.10 ipykernel>=6.29
# What people train with and write down what came of it, beside all of PARTS: for `make framework-test`, in an environment
# of its own (.venv-frameworks). The lowest versions are those that docs/integrations.md says were seen.
part_frameworks := transformers>=5.24 accelerate>=1.15 sentence-transformers>=6.2 setfit>=1.2 trl>=1.16 datasets>=5.2 \
  lightning>=2.6.6 pytorch-lightning>=2.6.6 keras>=3.15 mlflow>=3.17 tensorboard>=2.21 wandb>=0.31 \
  cyclonedx-python-lib[json-validation]>=11.12 codecarbon==3.3.0 matplotlib>=3.8
part_metrics := prometheus-client>=0.19 opentelemetry-sdk>=1.24

DEMO_PARTS ?=
# What tests need in the environment without optional packages, and the tools that check the sources.
TEST_TOOLS := pytest>=8 pytest-xdist>=3.6 hypothesis>=6.100
LINT_TOOLS := ruff==0.17.6 mypy==2.4.1 pybind11-stubgen==3.0.0 clang-format==14.0.6

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Each file of tests runs in one process, as many at a time as there are cores.
PYTEST_ARGS ?= -n $(JOBS) --dist loadfile
PIP := python -m pip -qq --disable-pip-version-check install
VENV_PYTHON := .venv/bin/python
FRAMEWORK_TESTS := tests/python/integrations $(wildcard tests/python/test_codecarbon*.py) tests/python/test_exchange.py \
  tests/python/test_docs.py
CPP_FILES = $(shell find include src bindings tests examples benchmarks -name '*.[ch]pp' -o -name '*.h' 2>/dev/null)
SOURCES = $(shell find CMakeLists.txt pyproject.toml README.md cmake include src data bindings python -type f \
  -not -name '*.pyc' -not -name '*.so' 2>/dev/null | sed 's/ /\\ /g')

.PHONY: help demo forecast hub plan predict embodied report test test-steps lint cpp-build cpp-test wheel python-test python-test-core \
  python-test-full browser-test framework-test torch-build torch-test truth cost headers speed format stubs dist site clean setup-demo setup-test setup-cost setup-site setup-browser

help:
	@sed -n "2,/^[^#]/s/^# //p" Makefile

# ----------------------------------------------------------------------------------------------------------------------
# demo
# ----------------------------------------------------------------------------------------------------------------------
setup-demo:
	@tools/setup.sh demo
setup-test:
	@tools/setup.sh test
setup-cost:
	@tools/setup.sh cost
setup-site:
	@tools/setup.sh site
setup-browser:
	@tools/setup.sh browser

.venv/pyvenv.cfg: | setup-demo
	@"$$(tools/setup.sh python)" -m venv --clear .venv

# The package as a newcomer installs it: built by pip in an environment of its own.
build/.installed: .venv/pyvenv.cfg $(SOURCES)
	@echo "Installing co2lib into .venv (a minute or two the first time)"
	@.venv/bin/$(PIP) .
	@mkdir -p build && touch $@

demo: setup-demo build/.installed
	@$(foreach part,$(DEMO_PARTS),.venv/bin/$(PIP) $(call requirements,$(part));)
	@$(VENV_PYTHON) examples/python/demo.py

report: build/.full build/.installed
	@$(VENV_PYTHON) docs/gallery/draw.py

# ----------------------------------------------------------------------------------------------------------------------
# test
# ----------------------------------------------------------------------------------------------------------------------
# The packages that co2lib always needs, read where they are declared.
dependencies = python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))$(1), sep='\n')"
requirements = $(if $(filter torch,$(1)),$(part_torch),$(foreach one,$(part_$(1)),'$(one)'))
other_parts = $(filter-out torch,$(PARTS))

# One line per set of requirements: the environments are renewed when it changes.
build/.full: Makefile pyproject.toml .venv/pyvenv.cfg
	@echo "Preparing .venv: $(PARTS)"
	@$(if $(part_torch),.venv/bin/$(PIP) $(part_torch))
	@mkdir -p build && .venv/bin/python -m pip list --format=freeze | { grep '^torch==' || true; } > build/constraints.txt
	@.venv/bin/$(call dependencies,['project']['dependencies']) > build/requires.txt
	@.venv/bin/$(PIP) -c build/constraints.txt -r build/requires.txt $(foreach tool,$(TEST_TOOLS) $(LINT_TOOLS),'$(tool)') \
	  $(foreach part,$(other_parts),$(call requirements,$(part)))
	@touch $@

build/.core: Makefile pyproject.toml | setup-test
	@echo "Preparing .venv-core: no optional package"
	@"$$(tools/setup.sh python)" -m venv --clear .venv-core
	@mkdir -p build && .venv-core/bin/$(call dependencies,['project']['dependencies']) > build/requires.txt
	@.venv-core/bin/$(PIP) -r build/requires.txt $(foreach tool,$(TEST_TOOLS),'$(tool)')
	@touch $@

# An environment with the build requirements alone, as pip makes one, but at a path that stays, so that ccache works.
build/wheel-env/.ready: pyproject.toml | setup-test
	@"$$(tools/setup.sh python)" -m venv --clear build/wheel-env
	@build/wheel-env/bin/$(call dependencies,['build-system']['requires']) > build/wheel-env/requires.txt
	@build/wheel-env/bin/$(PIP) -r build/wheel-env/requires.txt
	@touch $@

# One wheel for both environments. The compiler is named as CMake names it (the build backend would take the name that
# Python was built with): ccache then has the library from cpp-build.
build/wheel/.built: build/wheel-env/.ready $(SOURCES)
	@rm -rf build/wheel && mkdir -p build/wheel
	@echo "Building the wheel"
	@CC="$${CC:-cc}" CXX="$${CXX:-c++}" CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) \
	  build/wheel-env/bin/python -m pip -qq --disable-pip-version-check wheel . --no-deps --no-build-isolation \
	  --check-build-dependencies -C cmake.define.CO2LIB_WERROR=ON -w build/wheel
	@touch $@

# The parts of `make test`, in order; .ci/run takes the time of each.
TEST_STEPS := lint cpp-build cpp-test wheel python-test-core python-test-full
test-steps:
	@echo $(TEST_STEPS)

test: setup-test
	@$(foreach step,$(TEST_STEPS),$(MAKE) --no-print-directory $(step);)
	@echo "make test: all passed"

lint: setup-test build/.full
	@echo "Checking the sources"
	@.venv/bin/clang-format --dry-run --Werror $(CPP_FILES)
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy

cpp-build: setup-test
	@cmake --preset default -DCMAKE_MESSAGE_LOG_LEVEL=WARNING > /dev/null
	@cmake --build --preset default --parallel $(JOBS)

cpp-test: cpp-build
	@ctest --preset default --parallel $(JOBS)

build/.wheel-in-full: build/.full build/wheel/.built
	@.venv/bin/$(PIP) --no-deps --force-reinstall build/wheel/*.whl
	@touch $@ build/.installed

build/.wheel-in-core: build/.core build/wheel/.built
	@.venv-core/bin/$(PIP) --no-deps --force-reinstall build/wheel/*.whl
	@.venv-core/bin/python -m pip --disable-pip-version-check check
	@touch $@

wheel: build/.wheel-in-core build/.wheel-in-full

# The tests see the installed package only: -P keeps the working directory off the import path.
python-test: python-test-core python-test-full

python-test-core: setup-test build/.wheel-in-core
	@echo "Python tests without any optional package (.venv-core)"
	@CO2LIB_TEST_ENV=core .venv-core/bin/python -P -m pytest $(PYTEST_ARGS)

python-test-full: setup-test build/.wheel-in-full
	@echo "Python tests with the optional packages (.venv)"
	@CO2LIB_TEST_ENV=full .venv/bin/python -P -m pytest $(PYTEST_ARGS)

# The pages as people see them. Nothing that .venv has is changed by what is added to it.
build/.browser: build/.full | setup-browser
	@echo "Preparing .venv: browser"
	@.venv/bin/python -m pip --disable-pip-version-check list --format=freeze --exclude co2lib > build/constraints-browser.txt
	@.venv/bin/$(PIP) -c build/constraints-browser.txt $(call requirements,browser)
	@touch $@

browser-test: setup-test build/.wheel-in-full build/.browser
	@echo "Python tests of the pages, in Chromium (.venv)"
	@CO2LIB_TEST_ENV=browser .venv/bin/python -P -m pytest $(PYTEST_ARGS) tests/python/report

# What others made, in an environment of its own. torch is the user's, alone and first, as in .venv.
build/.frameworks: Makefile pyproject.toml | setup-test
	@$(if $(part_torch),,$(error framework-test needs torch: leave TORCH as it is, or name the build that you want))
	@echo "Preparing .venv-frameworks: $(PARTS) frameworks"
	@"$$(tools/setup.sh python)" -m venv --clear .venv-frameworks
	@.venv-frameworks/bin/$(PIP) $(part_torch)
	@mkdir -p build && .venv-frameworks/bin/python -m pip list --format=freeze | grep '^torch==' > build/constraints-frameworks.txt
	@.venv-frameworks/bin/$(call dependencies,['project']['dependencies']) > build/requires.txt
	@.venv-frameworks/bin/$(PIP) -c build/constraints-frameworks.txt -r build/requires.txt \
	  $(foreach tool,$(TEST_TOOLS),'$(tool)') $(foreach part,$(other_parts) frameworks,$(call requirements,$(part)))
	@touch $@

build/.wheel-in-frameworks: build/.frameworks build/wheel/.built
	@.venv-frameworks/bin/$(PIP) --no-deps --force-reinstall build/wheel/*.whl
	@.venv-frameworks/bin/python -m pip --disable-pip-version-check check
	@touch $@

# Nobody's server is asked: the packages are told, and the tests refuse to connect.
OFFLINE := HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 HF_DATASETS_OFFLINE=1 TRANSFORMERS_OFFLINE=1 WANDB_MODE=offline \
  WANDB_ERROR_REPORTING=false MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true

framework-test: setup-test build/.wheel-in-frameworks
	@echo "Python tests with the frameworks (.venv-frameworks)"
	@$(OFFLINE) CO2LIB_TEST_ENV=frameworks .venv-frameworks/bin/python -P -m pytest $(PYTEST_ARGS) $(FRAMEWORK_TESTS)

# Not part of `make test`, but of .ci/run: every file that sees LibTorch's headers takes half a minute. It builds in the
# folder of the C++ tests, whose library it links.
torch-build: setup-test build/.full
	@cmake --preset torch -DCO2LIB_TORCH_PYTHON="$(CURDIR)/$(VENV_PYTHON)" -DCMAKE_MESSAGE_LOG_LEVEL=WARNING \
	  -DTorch_DIR="$$($(VENV_PYTHON) -P -c 'import torch; print(torch.utils.cmake_prefix_path)')/Torch" > /dev/null
	@cmake --build --preset torch --parallel $(JOBS)

torch-test: torch-build build/.wheel-in-full
	@ctest --test-dir build/default --output-on-failure --no-tests=error -L torch

# ----------------------------------------------------------------------------------------------------------------------
# truth
# ----------------------------------------------------------------------------------------------------------------------
truth: setup-demo build/.installed
	@$(VENV_PYTHON) -P benchmarks/truth/run.py $(TRUTH_ARGS)

# ----------------------------------------------------------------------------------------------------------------------
# cost
# ----------------------------------------------------------------------------------------------------------------------
cost: setup-cost build/.installed
	@cmake --preset release -DCO2LIB_EXAMPLES=OFF -DCMAKE_MESSAGE_LOG_LEVEL=WARNING > /dev/null
	@cmake --build --preset release --parallel $(JOBS)
	@$(VENV_PYTHON) -P benchmarks/cost/run.py $(COST_ARGS)

# ----------------------------------------------------------------------------------------------------------------------
# headers
# ----------------------------------------------------------------------------------------------------------------------
headers: setup-demo
	@"$$(tools/setup.sh python)" -P benchmarks/headers/run.py $(HEADERS_ARGS)

# ----------------------------------------------------------------------------------------------------------------------
# forecast
# ----------------------------------------------------------------------------------------------------------------------
forecast: setup-cost build/.full
	@cmake --preset release -DCO2LIB_EXAMPLES=OFF -DCMAKE_MESSAGE_LOG_LEVEL=WARNING > /dev/null
	@cmake --build --preset release --parallel $(JOBS) --target co2lib_forecast co2lib_price
	@$(VENV_PYTHON) -P benchmarks/forecast/run.py

# ----------------------------------------------------------------------------------------------------------------------
# plan
# ----------------------------------------------------------------------------------------------------------------------
plan: setup-cost build/.full build/.wheel-in-full
	@cmake --preset release -DCO2LIB_EXAMPLES=OFF -DCMAKE_MESSAGE_LOG_LEVEL=WARNING > /dev/null
	@cmake --build --preset release --parallel $(JOBS) --target co2lib_adaptive
	@$(VENV_PYTHON) -P benchmarks/adaptive/run.py

# ----------------------------------------------------------------------------------------------------------------------
# predict
# ----------------------------------------------------------------------------------------------------------------------
predict: setup-cost build/.full build/.wheel-in-full
	@cmake --preset release -DCO2LIB_EXAMPLES=OFF -DCMAKE_MESSAGE_LOG_LEVEL=WARNING > /dev/null
	@cmake --build --preset release --parallel $(JOBS) --target co2lib_inference
	@$(VENV_PYTHON) -P benchmarks/inference/run.py

# ----------------------------------------------------------------------------------------------------------------------
# embodied
# ----------------------------------------------------------------------------------------------------------------------
embodied: setup-test build/.wheel-in-full
	@$(VENV_PYTHON) -P benchmarks/embodied/run.py

# ----------------------------------------------------------------------------------------------------------------------
# hub
# ----------------------------------------------------------------------------------------------------------------------
hub: setup-test build/.wheel-in-full
	@$(VENV_PYTHON) -P benchmarks/hub/run.py $(HUB_ARGS)

# ----------------------------------------------------------------------------------------------------------------------
# speed
# ----------------------------------------------------------------------------------------------------------------------
speed: setup-test build/.wheel-in-full
	@$(VENV_PYTHON) -P benchmarks/preindex/run.py $(SPEED_ARGS)

# ----------------------------------------------------------------------------------------------------------------------
# helpers
# ----------------------------------------------------------------------------------------------------------------------
format: setup-test build/.full
	@.venv/bin/clang-format -i $(CPP_FILES)
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --quiet --fix .

# What is given to others. Wheels are not those of `make wheel`: smaller, and they run on other machines.
dist: setup-demo
	@JOBS=$(JOBS) tools/dist.sh

# The documentation site, with the package that is installed in an environment of its own.
build/site-env/.ready: tools/site/requirements.txt pyproject.toml | setup-site
	@"$$(tools/setup.sh python)" -m venv --clear build/site-env
	@build/site-env/bin/$(PIP) -r tools/site/requirements.txt
	@touch $@

site: setup-site build/site-env/.ready build/wheel/.built
	@build/site-env/bin/$(PIP) --force-reinstall build/wheel/*.whl
	@build/site-env/bin/python -P tools/site/build.py

# The types of the extension module, python/co2lib/_core/*.pyi; a test compares them with what is installed.
stubs: setup-test build/.full build/.wheel-in-full
	@.venv/bin/python tools/stubs.py python/co2lib/_core

clean:
	@rm -rf build dist .venv .venv-core .venv-frameworks .mypy_cache .ruff_cache .pytest_cache .hypothesis
