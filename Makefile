# make       set up, check and run the embedded default experiment, or make CONFIG=mine.yaml; a run says last where to look
# make fig3  the same of any experiment under resources/experiments: make fig3_small, make table1, make known_truth, ...
# make check what is wrong with CONFIG, its videos or its networks, and no more (those with `train` are tried when it begins)
# make setup .venv alone, whose Python has all that the pipeline needs, PyTorch too: .venv/bin/python
# make test  set up and run the tests
# make audit look the pinned dependencies up in the database of known vulnerabilities (needs the network)
# make bench measure speed and memory, or make bench ONLY="features plan"
PYTHON ?= python3
CORES ?= all
SNAKEMAKE = .venv/bin/snakemake --quiet host rules reason --cores $(CORES)
CONFIGURED = $(if $(CONFIG),--configfile $(CONFIG))
EXPERIMENTS = $(basename $(notdir $(wildcard resources/experiments/*.yaml)))

.PHONY: run setup check test lint audit bench lock $(EXPERIMENTS)

# The check is a run of its own: what one run makes anew, as the description of a network whose file was mistaken, it takes for
# changed; the next run sees that it is what it was, and keeps what was computed from it.
run: check
	$(SNAKEMAKE) $(CONFIGURED)

setup: .venv/ready

check: .venv/ready
	@.venv/bin/python -m workflow.lib.config_file config.yaml $(CONFIG)
	$(SNAKEMAKE) check $(CONFIGURED)

$(EXPERIMENTS): .venv/ready
	$(MAKE) --no-print-directory run CONFIG=resources/experiments/$@.yaml

test: .venv/ready
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n 2 --dist loadfile

lint: .venv/ready
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/snakemake --lint

# In an environment of its own: the tool needs other versions than the pipeline. --strict: what cannot be looked up is an error.
audit:
	$(PYTHON) -m venv .cache/audit
	.cache/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	.cache/audit/bin/pip-audit --strict --progress-spinner off --no-deps --disable-pip -r envs/requirements.lock

bench: .venv/ready
	.venv/bin/python -m bench $(ONLY)

# What others installed into a whole environment stays there; one that was only half made is made anew.
.venv/ready: envs/requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed, this is " + sys.version)'
	@test ! -L .venv || { echo ".venv is a link, and what it leads to older than $<: remove it for an environment of its own" >&2; exit 2; }
	@echo "Making .venv with all that $< lists: two minutes or so" >&2
	$(PYTHON) -m venv $(if $(wildcard $@),,--clear) .venv
	rm -f $@
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r envs/requirements.lock
	touch $@

lock:
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet -r envs/requirements.in
	.venv/bin/python -m pip freeze | sed 's/+cpu$$//' > envs/requirements.lock
	touch .venv/ready
