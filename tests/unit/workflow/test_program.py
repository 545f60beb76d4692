import pytest

from moodreel.errors import UserError
from moodreel.workflow import program


def test_a_mistake_of_the_user_is_printed_without_a_traceback(capsys):
    def main():
        raise UserError("videos.tsv: line 3: no such file")

    with pytest.raises(SystemExit) as stopped:
        program.run(main)
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "moodreel: videos.tsv: line 3: no such file\n"


def test_a_bug_keeps_its_traceback():
    def main():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        program.run(main)


def test_what_must_not_be_overlooked_is_reported_on_the_screen(monkeypatch, tmp_path):
    path = tmp_path / "screen"
    with path.open("wb") as screen:
        monkeypatch.setenv(program.SCREEN, str(screen.fileno()))
        program.announce("12 of 20 videos are not used", [f"dropped v{n}: too short" for n in range(12)])
    assert path.read_text().splitlines() == [
        "moodreel: 12 of 20 videos are not used",
        *(f"  dropped v{n}: too short" for n in range(program.DETAILS)),
        "  and 2 more",
    ]


def test_without_a_screen_nothing_happens(monkeypatch, capfd):
    monkeypatch.delenv(program.SCREEN, raising=False)
    program.announce("unheard")
    monkeypatch.setenv(program.SCREEN, "987")
    program.announce("unheard")
    assert capfd.readouterr() == ("", "")
