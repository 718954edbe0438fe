# Every target does its own set-up; git, make and python3 (3.11 or later, with venv) are all it takes.
.PHONY: demo serve test check bench soak docs format clean

PYTHON ?= python3
BIN := .venv/bin
export PYTHONSAFEPATH := 1
unexport PYTHONDONTWRITEBYTECODE  # compiling anew costs each process of the tests more than its work

demo: .venv/ready
	@$(BIN)/candour demo

serve: .venv/ready
	@$(BIN)/candour serve

test: .venv/ready
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not soak"

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not soak"

bench: .venv/ready
	$(BIN)/python -m benchmarks.all

soak: .venv/ready
	$(BIN)/pytest -m soak

docs: .venv/ready
	$(BIN)/python -m adapters.reference_docs

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .uv .pytest_cache .ruff_cache .hypothesis

# uv, the machine's own or one installed for this folder, makes the environment from the lock file.
.venv/ready: pyproject.toml uv.lock
	@command -v uv >/dev/null 2>&1 || test -x .uv/bin/uv || { \
		echo "Installing uv …"; $(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet uv; }
	@uv=$$(command -v uv || echo .uv/bin/uv); \
		$$uv sync --compile-bytecode --locked --no-managed-python --python $$(command -v $(PYTHON)) --all-groups || exit 1
	@touch .venv/ready
