"""What was found out before is known as long as the file is the same."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from moodreel.storage import atomic
from moodreel.workflow.provenance import environment, facts, known
from moodreel.workflow.provenance.known import Known, Origin


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1.5}')
    return path


def looked_at(file, database, monkeypatch):
    """The file's facts, and whether it was read for them."""
    read = []
    original = facts.of
    with monkeypatch.context() as patch:
        patch.setattr(facts, "of", lambda path: read.append(path) or original(path))
        ((_, found),) = database.facts_of([file])
    return found, bool(read)


def test_a_file_is_read_once_and_again_when_it_changes(file, tmp_path, monkeypatch):
    database = Known(tmp_path / "cache" / "digests.sqlite")
    first, read = looked_at(file, database, monkeypatch)
    assert read
    again, read = looked_at(file, Known(tmp_path / "cache" / "digests.sqlite"), monkeypatch)
    assert not read
    assert json.loads(json.dumps(again)) == json.loads(json.dumps(first))
    times = file.stat()
    file.write_text('{"a": 2.5}')
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # the same size, and made to look as old
    second, read = looked_at(file, database, monkeypatch)
    assert read
    assert second["sha256"] != first["sha256"]


def test_other_code_reads_anew(file, tmp_path, monkeypatch):
    path = tmp_path / "digests.sqlite"
    looked_at(file, Known(path), monkeypatch)
    monkeypatch.setattr(known, "fingerprint", lambda *_: "another")
    assert looked_at(file, Known(path), monkeypatch)[1]


def test_the_code_that_counts_is_all_that_finds_facts(monkeypatch, tmp_path):
    named = []
    monkeypatch.setattr(known, "fingerprint", lambda *modules: named.extend(modules) or "x")
    Known(tmp_path / "digests.sqlite")
    assert f"moodreel.{named[0]}" == facts.__name__, "and what it imports"


def test_a_spoilt_database_costs_time_only(file, tmp_path, monkeypatch):
    path = tmp_path / "digests.sqlite"
    path.write_bytes(b"not a database" * 100)
    database = Known(path)
    assert looked_at(file, database, monkeypatch)[1]
    database.keep_origins([(file, "ab", Origin("c", "e"))])
    assert database.origin(file, "ab") is None
    assert database.environments() == {}
    database.close()


def test_environments_are_remembered(tmp_path):
    database = Known(tmp_path / "digests.sqlite")
    database.keep_environment("e1", {"numpy": "1"})
    database.close()
    assert Known(tmp_path / "digests.sqlite").environments() == {"e1": {"numpy": "1"}}


def test_the_environment_names_what_is_installed():
    import numpy

    name, versions = environment.here()
    assert versions["numpy"] == numpy.__version__
    assert len(name) == 8


def test_an_origin_holds_until_the_file_is_made_anew(file, tmp_path, monkeypatch):
    """Whatever becomes of the code, and wherever the folder is copied to."""
    path, sha256 = tmp_path / "digests.sqlite", atomic.sha256(file)
    first = Origin("code-0", "e1")
    Known(path).keep_origins([(file, sha256, first)])
    monkeypatch.setattr(known, "fingerprint", lambda *_: "another")
    assert Known(path).origin(file, sha256) == first
    shutil.copy2(file, copy := tmp_path / "copy.json")
    os.replace(copy, file)
    assert Known(path).origin(file, sha256) == first
    times = file.stat()
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns + 1))  # made again, with the same content
    assert Known(path).origin(file, sha256) is None
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert Known(path).origin(file, "of another content") is None
