"""What a stored image is recognised by when releases are compared: two perceptual hashes, of 256 bits each, from ImageHash.

The second one is of the central part. A copy that was cropped a little has a whole that resembles the other's centre, or the other way
round, so that comparing both with both finds it where one hash alone does not.
"""

import imagehash
import numpy as np
from PIL import Image

HASH_SIDE = 16  # 16 x 16 low frequencies, each above or below their median
CROPPED = 0.03  # of each side


def fingerprint(pixels: np.ndarray) -> bytes:
    """Return the hashes of an image, uint8 (H, W, C), as 64 bytes: the whole image's, then the central part's."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).convert("L")
    across, down = (round(CROPPED * side) for side in image.size)
    centre = image.crop((across, down, image.width - across, image.height - down))
    bits = [imagehash.phash(part, HASH_SIDE).hash for part in (image, centre)]
    return np.packbits(bits).tobytes()
