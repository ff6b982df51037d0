"""Print every benchmark, one after the other, or those that are named.

uv run --group peers python tests/benchmarks
uv run --group peers python tests/benchmarks descent
"""

import subprocess
import sys
from pathlib import Path

paths = {path.stem: path for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}
if unknown := set(sys.argv[1:]) - set(paths):
    raise SystemExit(f"no benchmark {', '.join(unknown)}: there are {', '.join(paths)}")
for name in sys.argv[1:] or paths:
    print(f"\n=== {name} ===\n", flush=True)
    subprocess.run([sys.executable, str(paths[name])], check=True)
