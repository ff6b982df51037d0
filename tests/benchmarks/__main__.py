"""Print every benchmark, one after the other.

uv run --group peers python tests/benchmarks
"""

import subprocess
import sys
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
    print(f"\n=== {path.stem} ===\n", flush=True)
    subprocess.run([sys.executable, str(path)], check=True)
