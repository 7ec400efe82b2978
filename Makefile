# make run: from nothing to a submission.   make test: the test suite.   make install: the environment alone.
# make docs: the site, into docs/_site.
# make test-slurm: the tests on a real Slurm cluster, which lives for them only.
PYTHON ?= python3
VENV ?= .venv
CORES ?= all
ARGS ?=
PYTEST_ARGS ?=
SPHINX_ARGS ?= -q
BIN := $(VENV)/bin

.PHONY: run docs pictures install-docs test test-slurm install install-neural lint lock lock-neural versions \
  processors audit release-models simulated-classes clean

run: install
	"$(BIN)/python" -m snakemake --cores $(CORES) $(ARGS)

install: $(VENV)/installed

# pip compiles all modules in one process; compileall does it on all cores, without tests and what mallorn never imports.
$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "mallorn needs Python 3.11 or newer, found $$($(PYTHON) --version); name another: make install PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	"$(BIN)/python" -m compileall -qq -j 0 -x '/(tests?|plotly)/' "$(VENV)/lib" || true
	touch "$@"

# The site, into docs/_site. Warnings are errors: links and references that lead nowhere, notebooks that fail.
docs: install-docs
	PYTHONPATH=src "$(BIN)/python" docs/pictures/draw.py architecture taxonomy dag light_curve scores_over_time
	"$(BIN)/python" -m sphinx -W -n --keep-going -b html $(SPHINX_ARGS) docs docs/_site

install-docs: install $(VENV)/installed-docs

$(VENV)/installed-docs: requirements-docs.lock
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	touch "$@"

# All pictures of the site, that of a page too, which takes Chromium and a minute.
pictures: install
	PYTHONPATH=src "$(BIN)/python" docs/pictures/draw.py

# Networks alone need it. PyTorch is not held to a hash: pip takes the build for CPUs where it finds one (PIP_FIND_LINKS,
# PIP_EXTRA_INDEX_URL), else the one of the index, which on Linux brings some 3 GB for GPUs.
install-neural: install $(VENV)/installed-neural

$(VENV)/installed-neural: requirements-neural.lock envs/neural.in
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-neural.lock
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r envs/neural.in
	touch "$@"

# Where PyTorch cannot be installed, the tests of networks skip.
test: install
	@$(MAKE) --no-print-directory install-neural || echo "make test: no PyTorch, the tests of networks skip"
	"$(BIN)/python" -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test-slurm: install
	tests/slurm/run.sh "$(BIN)/python" -m pytest tests/slurm $(PYTEST_ARGS)

lint: install
	"$(BIN)/python" -m ruff check .
	"$(BIN)/python" -m ruff format --check .
	"$(BIN)/python" -m snakefmt --check Snakefile workflow/Snakefile rules
	"$(BIN)/python" -m snakemake --lint

# Needs uv. The lock holds exact versions and hashes for every Python from 3.11 on, and no index address.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
	  --group dev --extra workflow pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
	  --constraint requirements.lock --group docs -o requirements-docs.lock

# Needs uv. What PyTorch needs on a CPU, without PyTorch itself.
CUDA := cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
  nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton
lock-neural:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --constraint requirements.lock $(foreach name,torch $(CUDA),--no-emit-package $(name)) envs/neural.in \
	  -o requirements-neural.lock

# Needs uv. The golden light curves in fresh environments: oldest and newest packages allowed, Python 3.11 to 3.13.
versions:
	PYTHONPATH=src:tests "$(BIN)/python" tests/versions.py $(ARGS)

# The golden light curves as other kinds of processors would score them.
processors:
	PYTHONPATH=src:tests "$(BIN)/python" tests/processors.py $(ARGS)

# Asks a public database for known vulnerabilities of the locked packages; fails if it cannot be asked about every one.
audit:
	$(PYTHON) -m venv "$(VENV)-audit"
	"$(VENV)-audit/bin/python" -m pip install --quiet --disable-pip-version-check pip-audit
	"$(VENV)-audit/bin/pip-audit" -r requirements.lock --require-hashes --disable-pip --format json --progress-spinner off \
	  | $(PYTHON) tools/audit.py

# The model that comes with the package, from a folder in the layout of the challenge, and the example to score:
# make release-models DATA=FOLDER
RELEASED := src/mallorn/released
release-models: install
	@test -d "$(DATA)" || { echo "make release-models: name the folder of the survey by DATA=FOLDER"; exit 1; }
	"$(BIN)/python" -m snakemake --cores $(CORES) release_model --directory release --configfile config/release.yaml \
	  --config data_dir="$(abspath $(DATA))"
	mkdir -p "$(RELEASED)" && rm -rf "$(RELEASED)/model" && cp -r release/results/release "$(RELEASED)/model"
	rm -f "$(RELEASED)/model/.snakemake_timestamp"
	"$(BIN)/python" -m snakemake --cores $(CORES) --directory release/example --configfile config/example.yaml -- \
	  results/survey/sample_submission.csv results/survey/split_01/test_full_lightcurves.csv
	PYTHONPATH=src "$(BIN)/python" -m mallorn convert release/example/results/survey --out "$(RELEASED)/example.parquet"

# What the transform simulated_classes asks; the digest of it stands in the module of that name too.
SIMULATED := results/predictions/final/stratified/0/lightgbm_multiclass/once
simulated-classes: install
	"$(BIN)/python" -m snakemake --cores $(CORES) --directory simulated --configfile config/simulated.yaml -- $(SIMULATED)
	rm -rf "$(RELEASED)/simulated" && cp -r simulated/$(SIMULATED) "$(RELEASED)/simulated"
	rm -f "$(RELEASED)/simulated/.snakemake_timestamp"
	PYTHONPATH=src "$(BIN)/python" -c \
	  "from mallorn.learning.transforms.simulated_classes import MODEL, digest; print(digest(MODEL))"

clean:
	rm -rf results .snakemake docs/_site
