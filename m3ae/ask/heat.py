"""The colours of attention over an image: clear where a patch gets no more than its even share, then red to yellow."""

from collections.abc import Iterable

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap

OPAQUE = 0.8  # of the highest weight; what gets no more than its even share shows the image itself
HEAT = ListedColormap([(*matplotlib.colormaps["autumn"](level)[:3], OPAQUE * level) for level in np.linspace(0, 1, 256)])


def limits(maps: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return the weights that are clear and most opaque, one scale for all maps (rows, columns) of a text, each of sum 1."""
    maps = list(maps)
    even = 1 / maps[0].size
    return even, max(*(float(weights.max()) for weights in maps), 2 * even)
