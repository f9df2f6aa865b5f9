"""Made-up files, as the kernel has them."""

from pathlib import Path


def write(folder: Path, **files: str) -> Path:
    """Write files below a folder; `__` in a name is a slash, `_0` a dot."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_0", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
