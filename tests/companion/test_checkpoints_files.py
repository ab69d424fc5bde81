"""companion.checkpoints: files that stay whole whatever happens to a process."""

import multiprocessing
import os
import signal
import stat
import time
import zipfile

import pytest

from companion import nn
from companion.checkpoints import load_checkpoint, save_checkpoint
from tests.companion.checkpoint_runs import Run


@pytest.fixture(autouse=True)
def fsyncs(monkeypatch):
    """A disk that need not be waited for; the calls are noted."""
    calls = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: calls.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (calls.append("replace"), replace(*paths)))
    return calls


def test_a_failed_or_interrupted_save_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path, run = tmp_path / "run.npz", Run("StepLR", "AdamW").fit(1)
    save_checkpoint(path, run.model, run.optimizer)
    content, write = path.read_bytes(), zipfile.ZipFile.open
    for error in (OSError("no space left on device"), KeyboardInterrupt(), MemoryError()):

        def broken(archive, *arguments, error=error, **keywords):
            archive.fp.write(b"half")
            raise error

        monkeypatch.setattr(zipfile.ZipFile, "open", broken)
        with pytest.raises(type(error)):
            save_checkpoint(path, run.model, run.optimizer)
        assert path.read_bytes() == content and os.listdir(path.parent) == ["run.npz"]
    monkeypatch.setattr(zipfile.ZipFile, "open", write)
    save_checkpoint(path, run.model, run.optimizer)


def test_a_file_is_on_the_disk_before_it_gets_its_name_and_the_name_after_it(tmp_path, fsyncs):
    save_checkpoint(tmp_path / "run", nn.Linear(1, 1))
    assert fsyncs == [False, "replace", True]


def test_a_link_stays_a_link_and_permissions_are_those_of_a_plain_file(tmp_path):
    model, folder, link = nn.Linear(1, 1), tmp_path / "real", tmp_path / "latest"
    folder.mkdir()
    link.symlink_to(folder / "run")
    save_checkpoint(link, model, epoch=1)  # the place it points to does not exist yet
    save_checkpoint(link, model, epoch=2)
    assert link.is_symlink() and load_checkpoint(folder / "run", model) == {"epoch": 2}
    plain = tmp_path / "plain"
    plain.write_text("")
    assert (folder / "run").stat().st_mode == plain.stat().st_mode
    (folder / "run").chmod(0o640)
    save_checkpoint(link, model)
    assert (folder / "run").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["latest", "plain", "real"] and os.listdir(folder) == ["run"]


def test_what_is_no_place_for_a_file_is_refused(tmp_path):
    with pytest.raises(OSError, match="no regular file"):
        save_checkpoint(tmp_path, nn.Linear(1, 1))
    with pytest.raises(OSError, match="no regular file"):
        save_checkpoint("/dev/null", nn.Linear(1, 1))
    with pytest.raises(FileNotFoundError):
        save_checkpoint(tmp_path / "absent" / "run", nn.Linear(1, 1))
    assert os.listdir(tmp_path) == []


def write_often(path, number, times, size):
    model = nn.Linear(size, 1)
    model.weight.data[...] = number
    for i in range(times):
        save_checkpoint(path, model, number=number, i=i)


def write(*arguments):
    process = multiprocessing.get_context("fork").Process(target=write_often, args=arguments)
    process.start()
    return process


def test_two_processes_write_and_a_third_reads_whole_files(tmp_path):
    path, model, reads = tmp_path / "run", nn.Linear(5000, 1), 0
    save_checkpoint(path, model, number=0.0)
    model.weight.data[...] = 0
    save_checkpoint(path, model, number=0.0)
    writers = [write(path, number, 50, 5000) for number in (1.0, 2.0)]
    while any(writer.is_alive() for writer in writers):
        extra = load_checkpoint(path, model)
        assert (model.weight.data == extra["number"]).all()
        reads += 1
    assert [writer.exitcode for writer in writers] == [0, 0] and reads
    assert load_checkpoint(path, model)["i"] == 49 and os.listdir(tmp_path) == ["run"]


def test_a_killed_save_leaves_the_old_file_whole_and_the_next_one_works(tmp_path):
    path, model = tmp_path / "run", nn.Linear(200_000, 1)
    save_checkpoint(path, model, number=0.0, i=-1)
    for delay in (0.01, 0.02, 0.03, 0.05, 0.1):
        writer = write(path, 1.0, 10_000, 200_000)
        time.sleep(delay)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        load_checkpoint(path, model)
        if any(name.endswith(".part") for name in os.listdir(tmp_path)):
            break
    half = tmp_path / ".run.0123456789abcdef.part"
    half.write_bytes(b"half")
    young = tmp_path / ".run.0123456789abcdee.part"
    young.write_bytes(b"half")
    other = tmp_path / ".runner.0123456789abcdef.part"
    other.write_bytes(b"half")
    for left in tmp_path.iterdir():
        if left not in (path, young):
            os.utime(left, (0, 0))
    save_checkpoint(path, model, number=3.0)
    assert load_checkpoint(path, model) == {"number": 3.0}
    assert sorted(os.listdir(tmp_path)) == [young.name, other.name, "run"]  # others' and young ones stay


@pytest.mark.parametrize(
    "name", ["n" * 240, "\u6f22" * 78, "\u00e9" * 120, "a" + "\U0001f600" * 60], ids=["ascii", "3", "2", "4"]
)
def test_a_name_is_as_long_as_the_folder_takes_it_in_bytes(tmp_path, name):
    path, model = tmp_path / name, nn.Linear(2, 1)
    save_checkpoint(path, model, i=0)
    stem = name.encode()[:100].decode(errors="ignore")
    left = tmp_path / f".{stem}.0123456789abcdef.part"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    save_checkpoint(path, model, i=1)
    assert load_checkpoint(path, model) == {"i": 1} and os.listdir(tmp_path) == [name]
