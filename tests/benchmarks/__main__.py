"""Print every benchmark, one after the other, or those that are named.

uv run --group peers python tests/benchmarks
uv run --group peers python tests/benchmarks descent
"""

import subprocess
import sys
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
    if len(sys.argv) > 1 and path.stem not in sys.argv[1:]:
        continue
    print(f"\n=== {path.stem} ===\n", flush=True)
    subprocess.run([sys.executable, str(path)], check=True)
