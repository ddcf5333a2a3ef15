"""The code that a model folder carries, so that `trust_remote_code=True` loads it where this package is not installed."""

import json
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from m3ae.disk.whole import DIGESTS, write_digests
from m3ae.model.folder import CARD

CODE = "modeling_m3ae.py"
CLASSES = {
    "config.json": {
        "AutoConfig": "M3AEConfig",
        "AutoModel": "M3AEModel",
        "AutoModelForVisualQuestionAnswering": "M3AEForVisualQuestionAnswering",
    },
    "processor_config.json": {"AutoProcessor": "M3AEProcessor"},
    "preprocessor_config.json": {"AutoImageProcessor": "M3AEImageProcessor"},
}


def carry_code(folder: Path) -> None:
    """Write the code into a model folder, and name its classes in those of the folder's JSON files that there are."""
    (folder / CODE).write_text(source(), encoding="utf-8")
    for name, classes in CLASSES.items():
        if (folder / name).is_file():
            name_classes(folder / name, {auto: f"{Path(CODE).stem}.{own}" for auto, own in classes.items()})
    if (folder / DIGESTS).is_file():
        write_digests(folder, besides=[CARD])


def name_classes(path: Path, auto_map: dict[str, str]) -> None:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "auto_map": auto_map}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def source() -> str:
    """Return the file itself where this is the carried code, else what `m3ae.huggingface.bundle` makes of the package."""
    if Path(__file__).name == CODE:
        return Path(__file__).read_text(encoding="utf-8")
    return resolve_name("m3ae.huggingface.bundle:bundled")()
