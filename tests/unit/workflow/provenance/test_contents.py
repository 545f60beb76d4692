"""Every kind of result as columns, and what differs between two of them."""

import json
import zipfile

import numpy as np
import polars as pl
import pytest
from skops import io as skops

from moodreel.workflow.provenance import contents, difference
from moodreel.workflow.provenance.digest import judge


def verdicts(one, other):
    """By column what the digests say, and the columns in which the files themselves differ."""
    mine, theirs = ({d.column: d for d in contents.digests(path)} for path in (one, other))
    assert mine.keys() == theirs.keys()
    by_digest = {name: judge(mine[name], theirs[name]).verdict for name in mine}
    return by_digest, {found.column for found in difference.between(one, other)}


def meshes(frames, fifth=5.5):
    """A column of two numbers a row, null in every fourth one; the second number of row 5 is `fifth`."""
    rows = [[float(i), fifth if i == 5 else i + 0.5] if i % 4 else None for i in frames]
    return pl.Series(rows, dtype=pl.Array(pl.Float32, 2))


@pytest.fixture
def table(tmp_path):
    """Writes a table with `x` as one of its columns, in row groups of some size, and returns its path."""

    def write(name, x, rows=2048, **more):
        frames, path = range(len(x)), tmp_path / name
        columns = {"video": [f"v{i % 3}" for i in frames], "frame": np.arange(len(x)), "x": x, "mesh": meshes(frames)}
        frame = pl.DataFrame({**columns, **more})
        if path.suffix == ".parquet":
            frame.write_parquet(path, row_group_size=rows)
        else:
            frame.drop("mesh").write_csv(path, separator="\t")
        return path

    return write


@pytest.mark.parametrize("suffix", [".parquet", ".tsv"])
def test_tables_are_compared_column_by_column(table, suffix):
    x = np.sin(np.arange(3000.0)) * 50
    moved = x.copy()
    moved[1234] += 0.01
    one, same, other = table(f"a{suffix}", x), table(f"b{suffix}", x + 1e-13, 500), table(f"c{suffix}", moved)
    by_digest, by_value = verdicts(one, same)
    assert set(by_digest.values()) == {"same"} and not by_value
    by_digest, by_value = verdicts(one, other)
    assert by_digest.pop("x") != "same" and set(by_digest.values()) == {"same"}
    assert by_value == {"x"}
    (found,) = difference.between(one, other)
    assert found.largest == pytest.approx(0.01)
    assert found.what == "1 of 3000 numbers"


def test_lists_text_and_whole_numbers_count_too(table):
    x = np.zeros(40)
    one = table("a.parquet", x)
    assert verdicts(one, table("b.parquet", x, mesh=meshes(range(40), fifth=5.6)))[1] == {"mesh"}
    for name, values in (("frame", np.arange(40)[::-1].copy()), ("video", ["w"] + ["v"] * 39)):
        by_digest, by_value = verdicts(one, table("c.parquet", x, **{name: values}))
        assert by_digest[name] == "differs" and by_value == {name}
    assert {d.what for d in difference.between(one, table("e.parquet", np.zeros(39)))} == {"40 and 39 rows"}
    empty, other = (table(name, np.zeros(0)) for name in ("f.parquet", "g.parquet"))
    assert [d.values for d in contents.digests(empty)] == [0] * 4 and difference.between(empty, other) == []


def test_lists_of_any_length_count_with_their_lengths(table):
    lists = [[0.5, 1.5], [2.5], [], None, [3.5, 4.5, 5.5]]
    other_lengths = [[0.5], [1.5, 2.5], [], None, [3.5, 4.5, 5.5]]

    def write(name, x):
        return table(name, np.zeros(5), mesh=pl.Series(x, dtype=pl.List(pl.Float64)))

    one = write("a.parquet", lists)
    by_digest, by_value = verdicts(one, write("b.parquet", lists))
    assert set(by_digest.values()) == {"same"} and not by_value
    for other in (other_lengths, [[0.5, 1.6], *lists[1:]]):
        by_digest, by_value = verdicts(one, write("c.parquet", other))
        assert by_digest["mesh"] == "differs" and by_value == {"mesh"}


def test_a_page_is_text_and_numbers_and_its_pictures_are_left_out(tmp_path):
    page = '<p>score 0.75 of {count}</p><path d="M 10.5 3"/><img src="data:image/png;base64,{picture}">'
    paths = [tmp_path / f"{name}.html" for name in "abc"]
    for path, count, picture in zip(paths, ("12", "12.0000001", "13"), ("AAAA1", "BBBB2", "AAAA1"), strict=True):
        path.write_text(page.replace("{count}", count).replace("{picture}", picture))
    assert verdicts(paths[0], paths[1])[1] == set()
    by_digest, by_value = verdicts(paths[0], paths[2])
    assert by_digest["text"] == "same" and by_digest["numbers"] != "same"
    assert by_value == {"numbers"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("json", '{{"frames": {}}}'), ("html", "<td>{}</td>"), ("eaf", '<TIME_SLOT TIME_VALUE="{}"/>'),
        ("tsv", "name\tframes\na\t{}\n"), ("csv", "name,frames\na,-{}\n"), ("svg", "translate(-{}.)"),
    ],
)  # fmt: skip
def test_whole_numbers_have_to_be_equal_however_large(tmp_path, name, content):
    for one, number in (("a", 150000), ("b", 150001), ("c", 150000)):
        (tmp_path / f"{one}.{name}").write_text(content.format(number))
    by_digest, by_value = verdicts(tmp_path / f"a.{name}", tmp_path / f"b.{name}")
    assert "differs" in by_digest.values() and by_value
    by_digest, by_value = verdicts(tmp_path / f"a.{name}", tmp_path / f"c.{name}")
    assert set(by_digest.values()) == {"same"} and not by_value


def test_large_decimal_numbers_are_compared_by_value(tmp_path):
    for one, number in (("a", "150000.25 1.5e+05"), ("b", "150000.3 150000.1"), ("c", "150009.25 1.5e+05")):
        (tmp_path / f"{one}.json").write_text(f"{{{number}}}")
    assert verdicts(tmp_path / "a.json", tmp_path / "b.json") == ({"text": "same", "numbers": "same"}, set())
    assert verdicts(tmp_path / "a.json", tmp_path / "c.json")[1] == {"numbers"}


def test_a_saved_classifier_is_compared_by_its_arrays(tmp_path):
    """skops names things by where they lay in memory, so that no two files have the same bytes."""
    paths = [tmp_path / f"{name}.skops" for name in "abc"]
    for path, moved in zip(paths, (0.0, 1e-12, 0.5), strict=True):
        weights = np.arange(6.0)
        weights[2] += moved
        skops.dump({"weights": weights, "classes": np.array([1, 2]), "name": "knn"}, path)
    assert paths[0].read_bytes() != paths[1].read_bytes()
    assert verdicts(paths[0], paths[1]) == ({"text": "same", "numbers": "same", "arrays": "same"}, set())
    assert verdicts(paths[0], paths[2])[1] == {"arrays"}


def test_the_order_of_a_set_and_the_time_of_writing_are_left_out(tmp_path):
    for name, order in (("a", "xyz"), ("b", "zxy")):
        skops.dump({"model": set(order), "weights": np.arange(2.0)}, tmp_path / f"{name}.skops")
        structure = json.loads(zipfile.ZipFile(tmp_path / f"{name}.skops").read("schema.json"))
        members = structure["content"]["model"]["content"]
        members.sort(key=lambda one: order.index(json.loads(one["content"])))
        with zipfile.ZipFile(tmp_path / f"{name}.skops") as whole:
            arrays = {one: whole.read(one) for one in whole.namelist() if one != "schema.json"}
        with zipfile.ZipFile(tmp_path / f"{name}.skops", "w") as whole:
            for one, content in {**arrays, "schema.json": json.dumps(structure)}.items():
                whole.writestr(one, content)
        (tmp_path / f"{name}.eaf").write_text(f'<ANNOTATION_DOCUMENT DATE="{order}" VERSION="3.0"><TIME VALUE="40"/>')
    assert verdicts(tmp_path / "a.skops", tmp_path / "b.skops")[1] == set()
    assert verdicts(tmp_path / "a.eaf", tmp_path / "b.eaf")[1] == set()


@pytest.mark.parametrize("name", ["a.parquet", "a.skops", "a.zip", "a.json"])
def test_what_is_not_what_its_name_says_is_reported(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xfe nothing of the kind")
    with pytest.raises(ValueError, match=name):
        list(contents.batches(tmp_path / name))
