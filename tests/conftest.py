"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What is compiled for one test's run serves all others: else each folder has its own, for a quarter of a minute
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "results" / ".cache" / "numba"))

# Several processes run tests next to each other: threads of each would only wait for one another, spinning
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

LONGEST = ("workflow/test_slurm", "workflow/test_interruption", "workflow/")
"""Tests that take minutes, most of them spent on waiting: begun first, next to all others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest."""

    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(ROOT / "tests").as_posix()
        return next((number for number, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, ground truth and labelled tables next to the checkout; the test is skipped without it."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder


def _made(folder: Path, *sources: str, **settings: str) -> Path:
    """The folder with the networks of these sources in the catalogue; they are fetched and converted on first use."""
    from moodreel.networks import catalogue
    from moodreel.networks.making import make
    from moodreel.settings.models import ModelsSettings

    wanted = [getattr(catalogue, source) for source in sources]
    names = [name for name, network in catalogue.MODELS.items() if network.source in wanted]
    make(names or list(catalogue.EMBEDDED), folder, ModelsSettings(**settings))
    return folder


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The folder with the networks for pose and face."""
    return _made(Path(os.environ.get("MOODREEL_TEST_MODELS", ROOT / "results" / "models")))


@pytest.fixture(scope="session")
def emotion_models(models_folder: Path) -> Path:
    """The same folder with what finds faces and scores emotions."""
    return _made(models_folder, "FER", "FACENET")


@pytest.fixture(scope="session")
def bundle_folder(models_folder: Path, shared: Path) -> Path:
    """The same folder with the networks of MediaPipe's Face Landmarker, whose bundle lies in ../shared/models; the test
    is skipped without it."""
    from moodreel.networks import catalogue

    bundle = shared / "models" / catalogue.FACE_LANDMARKER.filename
    if not bundle.is_file():
        pytest.skip(f"no {bundle.name} in ../shared/models")
    return _made(models_folder, "FACE_LANDMARKER", mirror=str(bundle.parent))
