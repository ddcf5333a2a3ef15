"""Where an image of a release may lie: in the release's folder, in DVC's cache behind a link there, or where `image_folders` says."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

OUTSIDE = "path leaves the release"  # the reason under which an image of no such place is dropped
CACHED = re.compile(r"/files/md5/[0-9a-f]{2}/[0-9a-f]{30}\Z")  # DVC's own name for a file's bytes, in a cache of any place


def is_allowed(path: Path, release: Path, image_folders: Iterable[Path]) -> bool:
    """Return whether `path` is a place of the release: what `..` and links in it lead to decides.

    With `cache.type symlink` DVC makes each file a link into its cache: such a link is the release where it stands in the release.
    """
    places = [os.path.realpath(folder) for folder in (release, *image_folders)]
    target = os.path.realpath(path)
    if CACHED.search(target):
        target = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    return any(Path(target).is_relative_to(place) for place in places)
