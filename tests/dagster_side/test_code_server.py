"""The code server's runs are forks of a process that has imported everything, and end with it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.render.orphans import END_SECONDS, begin_child, end_group

from ..journeys.making import write_show

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are new processes elsewhere")
ROOT = Path(__file__).parents[2]
LONG = 120.0

FORKING = """
import atexit, json, multiprocessing, os, sys, time
from multiprocessing import forkserver
from pathlib import Path

def look(folder):
    import torch
    atexit.register(lambda: (folder / "tidied").touch())
    modules = ["anime_assets.definitions", "diffusers", "transformers", "imagehash"]
    (folder / "seen").write_text(json.dumps({
        "imported": [name for name in modules if name in sys.modules],
        "cuda": torch.cuda.is_initialized(),
        "sum": float(torch.ones(400, 400).matmul(torch.ones(400, 400)).sum()),  # its threads do their work after a fork
    }))

def wait(folder):
    (folder / "waiting").write_text(f"{os.getppid()} {os.getpid()}")
    time.sleep(600)

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    forkserver.set_forkserver_preload(["anime_assets.imported"])
    context = multiprocessing.get_context("forkserver")
    first = context.Process(target=look, args=[folder])
    first.start()
    first.join()
    context.Process(target=wait, args=[folder]).start()
    time.sleep(600)
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"  # dead, and nobody asked yet
    except FileNotFoundError:
        return True


def wait_for(what, seconds: float = LONG):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A show of which one preset draws by diffusers."""
    return write_show(tmp_path_factory.mktemp("forks") / "small")


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    surroundings = {**os.environ, "GENGA_SHOW": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=surroundings, start_new_session=True,
                            preexec_fn=begin_child)


def test_a_fork_has_everything_opens_no_device_tidies_up_and_dies_with_its_server(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "forking.py"
    script.write_text(FORKING)
    process = start(folder, str(script), str(tmp_path))
    try:
        wait_for((tmp_path / "waiting").is_file)
        seen = json.loads((tmp_path / "seen").read_text())
        assert seen == {"imported": ["anime_assets.definitions", "diffusers", "transformers", "imagehash"], "cuda": False,
                        "sum": 400.0**3}
        assert (tmp_path / "tidied").exists()
        wait_for(lambda: (tmp_path / "waiting").read_text().count(" "))
        server, run = map(int, (tmp_path / "waiting").read_text().split())
        assert server != process.pid
        os.kill(server, signal.SIGKILL)
        wait_for(lambda: gone(run), 10)
    finally:
        end_group(process)
        process.wait()


def test_dagster_starts_runs_by_the_context_that_the_code_server_sets(folder: Path, tmp_path: Path) -> None:
    asked = ("import sys, logging, threading\n"
             "from resources import code_server as c\n"
             "made = c.CodeServer(server_termination_event=threading.Event(), logger=logging.getLogger(),\n"
             "                    server_threadpool_executor=c.FuturesAwareThreadPoolExecutor(), lazy_load_user_code=True)\n"
             "from dagster._grpc.server import DagsterApiServer\n"
             "import inspect\n"
             "assert 'self._mp_ctx.Process(' in inspect.getsource(DagsterApiServer.StartRun)\n"
             "print(made._mp_ctx.get_start_method())\n")
    env = {**os.environ, "GENGA_SHOW": str(folder), "PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "forkserver", done.stderr


def test_a_child_of_a_background_process_hears_when_it_is_told_to_end() -> None:
    script = ("import signal, subprocess, sys\n"
              "from studio.render.orphans import begin_child, end_group\n"
              "signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what it starts in the background\n"
              "asked = 'import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)'\n"
              "print(subprocess.check_output([sys.executable, '-c', asked], preexec_fn=begin_child, text=True))\n")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_what_does_not_want_to_end_is_ended_without_a_second_wait() -> None:
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        begun = time.monotonic()
        end_group(process)
    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - begun < END_SECONDS + 3


def test_a_code_server_told_to_end_says_nothing_and_leaves_nobody(folder: Path, tmp_path: Path) -> None:
    socket = tmp_path / "code"
    env = {**os.environ, "GENGA_SHOW": str(folder), "PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "resources.code_server", str(socket)], cwd=ROOT, env=env, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=begin_child)
    try:
        wait_for(socket.exists)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        wait_for(lambda: all(gone(int(child)) for child in children), 20)
        assert "Traceback" not in (tmp_path / "log").read_text()
    finally:
        end_group(process)
        process.wait()
