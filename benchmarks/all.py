"""All benchmarks, one after another. With --json: one object with a member for each."""

import json
import subprocess
import sys

ALL = (
    "append",
    "http",
    "http_workers",
    "project",
    "rebuild",
    "query",
    "import_police_uk",
    "import_table",
    "receipts",
    "world",
)


def main() -> int:
    """Run them; the number of those that failed."""
    as_json = "--json" in sys.argv[1:]
    results: dict[str, object] = {}
    failed = 0
    for name in ALL:
        print(f"== {name}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        done = subprocess.run(command, stdout=subprocess.PIPE if as_json else None, text=True, check=False)
        failed += done.returncode != 0
        if as_json and done.returncode == 0:
            results[name] = json.loads(done.stdout)
    if as_json:
        print(json.dumps(results, indent=2))
    return failed


if __name__ == "__main__":
    sys.exit(main())
