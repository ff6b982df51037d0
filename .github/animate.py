"""Draw the README's animation: the learning rate of lesson 07 dragged from small to too large.

uv run python .github/animate.py
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from calclearn import lessons

RATES = np.geomspace(2e-5, 1.05e-3, 26)  # from steps that hardly move to some that diverge
WIDTH = 760  # pixels
MILLISECONDS = 120


def picture(explorer) -> Image.Image:
    image = Image.open(io.BytesIO(explorer.still())).convert("RGB")
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.LANCZOS)


explorer = lessons.learning_rate()
pictures = [picture(explorer.set(learning_rate=float(rate))) for rate in RATES]
palette = pictures[len(pictures) // 2].quantize(96, dither=Image.Dither.NONE)
frames = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures]
frames += frames[-2:0:-1]  # and back
target = Path(__file__).with_name("learning_rate.gif")
frames[0].save(
    target, save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0, optimize=True
)
print(f"{target.name}: {target.stat().st_size / 1e6:.2f} MB, {len(frames)} pictures")
