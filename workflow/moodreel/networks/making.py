"""The networks' files: originals, checked by hash, and converted to ONNX where they are published in another format."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from moodreel.networks import catalogue, fetch
from moodreel.networks.catalogue import Model, PublishedNetwork
from moodreel.settings.models import ModelsSettings
from moodreel.storage import atomic


def make(names: Sequence[str], folder: str | Path, settings: ModelsSettings) -> list[Path]:
    """Write the file of each of `names` into `folder`, and return the paths.

    A file that already has the same content is left alone, so that nothing downstream is rerun. Raises UserError where
    a name is not declared or a network cannot be fetched.
    """
    models = [catalogue.find(name) for name in names]
    paths = catalogue.paths(folder, names)
    for model, path in zip(models, paths, strict=True):
        data = fetch.original(model, folder=folder, mirror=settings.mirror)
        network = _converted(model, data)
        if path.is_file() and path.read_bytes() == network:
            continue
        with atomic.replacement(path) as temporary:
            temporary.write_bytes(network)
    return paths


def _converted(model: Model | PublishedNetwork, data: bytes) -> bytes:
    """The file to use, from the content of the original: converted, or as it is."""
    source = f"{model.source.filename}/{model.member or ''}".rstrip("/")
    properties = {"source": source, "sha256": sha256(data).hexdigest(), "licence": model.licence}
    if isinstance(model, Model):
        from moodreel.networks.convert.convert import convert

        return convert(data, model.heads, name=model.name, properties=properties)
    if model.form == "keras":
        from moodreel.networks.convert import keras

        return keras.convert(data, name=model.name, properties=properties)
    if model.form == "mtcnn":
        from moodreel.networks.convert import mtcnn

        return mtcnn.convert(
            data, Path(model.member or model.source.filename).stem, name=model.name, properties=properties
        )
    return data
