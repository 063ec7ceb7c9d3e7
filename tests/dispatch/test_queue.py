"""What the queue tells of a run that failed: asked of Dagster's own GraphQL schema, about a run that really failed."""

import asyncio
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_graphql.schema import create_schema

from anime_assets.panels import panels
from partitions.intake import take_in
from resources.show import ShowResource
from studio.dispatch.queue import Queue
from studio.errors import OrchestrationError
from studio.story.show import open_show
from tests.production.test_gates import policy
from tests.story.making import write_show


@dataclass(frozen=True)
class HereQueue(Queue):
    """Answers in this process what the web server would."""

    instance: dg.DagsterInstance

    def ask(self, query: str, timeout: float = 30.0, **variables: Any) -> dict[str, Any]:
        with WorkspaceProcessContext(self.instance, EmptyWorkspaceTarget()) as process:
            context = process.create_request_context()
            reply = asyncio.run(create_schema().execute_async(query, context_value=context, variable_values=variables))
        assert not reply.errors and reply.data, reply.errors
        return reply.data


def test_a_run_s_failure_names_file_field_and_remedy_of_each_unit(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    policy(folder, {"scorer": "clip", "min": 0.1, "parameters": {"model": "nope"}})
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as instance:
        take_in(instance, open_show(folder), "01")
        run = dg.materialize([panels], partition_key="01.p01|01", instance=instance, raise_on_error=False,
                             resources={"show": ShowResource(folder=str(folder))})
        failed = HereQueue("", instance).why(run.run_id)
    assert failed.told == "1 of 1 failed: 01.a panel"
    assert list(failed.units) == ["01.a panel"]
    why = failed.units["01.a panel"]
    assert "models.yaml: parameters.model: a gate cannot be asked: there is no model 'nope'. Looked in " in why


def test_a_run_whose_process_died_says_so_and_what_to_do(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        run = instance.create_run_for_job(dg.job(name="j")(lambda: None))
        instance.report_run_failed(run)  # as the code server and the daemon's monitoring do
        failed = HereQueue("", instance).why(run.run_id)
    assert failed.told.startswith("the run's process died") and "apply again, what was finished is kept" in failed.told


def test_a_web_server_that_is_gone_is_told_of_in_plain_words() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OrchestrationError) as told:
            Queue(url).order()
    assert f"the Dagster web server at {url} is gone: 'genga up' has ended, or died. What was finished is kept" in str(told.value)
    assert "Errno" not in str(told.value)


@pytest.mark.parametrize(("answer", "told"), [
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answers with HTTP 404: it is broken, or another"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", "is gone: 'genga up' has ended, or died"),
    (b"SSH-2.0-OpenSSH_9.6\r\n", "is gone: 'genga up' has ended, or died"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "answers something else: another program has its port"),
])
def test_whatever_a_port_answers_is_told_of_in_words(answer: bytes, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        def once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        with pytest.raises(OrchestrationError, match=told):
            Queue(f"http://127.0.0.1:{server.getsockname()[1]}").order()
        thread.join()
