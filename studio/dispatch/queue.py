"""Queue: Dagster's run queue over its GraphQL interface, so that studio needs no Dagster."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from studio.dispatch.cells import Order
from studio.dispatch.classes import SOON, Urgency
from studio.dispatch.holding import BECAUSE, HELD
from studio.dispatch.submissions import BY, TRACE, Submission
from studio.errors import OrchestrationError

DONE = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
WAITS = frozenset({"QUEUED", "NOT_STARTED"})
FROM_OUTSIDE = "This run has been marked as failed from outside the execution context."
"""What Dagster says where a run's process ended without a word of its own."""
DIED = ("the run's process died: it was killed, or the machine had no memory left for it; "
        "apply again, what was finished is kept")
LOCATION, REPOSITORY, JOB = "genga", "__repository__", "__ASSET_JOB"

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on InvalidSubsetError { message }
    ... on UnauthorizedError { message }
  }
}"""
_STATUS = """
query Runs($ids: [String!]) {
  runsOrError(filter: {runIds: $ids}) { ... on Runs { results { runId status startTime endTime } } }
}"""
_UNDER_WAY = """
query UnderWay {
  runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}, limit: 500) {
    ... on Runs { results { runId status creationTime tags { key value } } }
  }
}"""
_TAGS = """
query Held($ids: [String!]) {
  runsOrError(filter: {runIds: $ids}) { ... on Runs { results { status tags { key value } } } }
}"""
_WHY = """
query Why($id: ID!) {
  logsForRun(runId: $id) {
    ... on EventConnection { events {
      __typename
      ... on ExecutionStepFailureEvent { error { message } failureMetadata {
        description metadataEntries { label ... on TextMetadataEntry { text } }
      } }
      ... on RunFailureEvent { message error { message } }
    } }
  }
}"""
_PLACES = """
query Places {
  pages: assetNodeOrError(assetKey: {path: ["pages"]}) { ... on AssetNode { partitionKeys } }
  shots: assetNodeOrError(assetKey: {path: ["clips"]}) { ... on AssetNode { partitionKeys } }
}"""
_STOP = """
mutation Stop($ids: [String!]!) { terminateRuns(runIds: $ids, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }"""


@dataclass(frozen=True)
class UnderWay:
    """A run that waits or works."""

    id: str
    tags: Mapping[str, str]
    waits: bool
    """It is in the queue, and has not begun."""


@dataclass(frozen=True)
class Failed:
    """Why a run failed."""

    told: str
    """Of the whole run."""
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    """Step (`01.river panel`) -> why, with file, field and remedy, as far as the run tells them apart."""


@dataclass(frozen=True)
class Queue:
    """The queue behind the web server at `url`."""

    url: str

    def ask(self, query: str, timeout: float = 30.0, **variables: Any) -> dict[str, Any]:
        """One GraphQL request. Raises OrchestrationError when the server does not answer or refuses."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                reply = json.load(answer)
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise OrchestrationError(
                f"the Dagster web server at {self.url} {_silence(exc)}",
                remedy="What was finished is kept: start 'genga up' again, or let 'genga apply' start its own",
            ) from exc
        if reply.get("errors"):
            raise OrchestrationError(f"Dagster refused: {reply['errors'][0]['message']}",
                                     remedy="Restart 'genga up': web server and program may be of different versions")
        return reply["data"]

    def answers(self) -> bool:
        """Is a Dagster web server there, with this program's assets loaded?"""
        try:
            return self.order() is not None
        except OrchestrationError:
            return False

    def order(self) -> Order | None:
        """Page and shot partitions in the order in which they were added; None until the code location is loaded."""
        found = self.ask(_PLACES, timeout=60.0)
        if "partitionKeys" not in found["pages"]:
            return None
        return Order(found["pages"]["partitionKeys"], found["shots"]["partitionKeys"])

    def launch(
        self, submission: Submission, trace: str, by: str = "apply", more: Mapping[str, str] | None = None,
        urgency: Urgency = SOON,
    ) -> str:
        """Put one run into the queue and return its id. Unless it is `apply` who asks, what follows is asked for by itself.

        more: further tags, as those of a run that is held.
        """
        tags = {**submission.tags, TRACE: trace, BY: by, **urgency.tags(datetime.now(UTC), submission.seconds), **(more or {})}
        reply = self.ask(_LAUNCH, params={
            "selector": {
                "repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, "jobName": JOB,
                "assetSelection": [{"path": [submission.asset]}],
            },
            "runConfigData": json.dumps(submission.run_config),
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
        })["launchRun"]
        if reply["__typename"] != "LaunchRunSuccess":
            why = reply.get("message") or "; ".join(e["message"] for e in reply.get("errors", ())) or reply["__typename"]
            raise OrchestrationError(f"the run was not accepted: {why}", remedy="'genga doctor' checks the installation")
        return reply["run"]["runId"]

    def statuses(self, runs: list[str]) -> dict[str, str]:
        """Run id -> QUEUED, STARTING, STARTED, SUCCESS, FAILURE, CANCELED and so on."""
        found = self.ask(_STATUS, ids=runs)["runsOrError"]["results"]
        return {run["runId"]: run["status"] for run in found}

    def under_way(self, timeout: float = 30.0) -> list[UnderWay]:
        """All runs that wait or work, in the order in which they were asked for."""
        found = self.ask(_UNDER_WAY, timeout)["runsOrError"]["results"]
        return [UnderWay(run["runId"], {tag["key"]: tag["value"] for tag in run["tags"]}, run["status"] in WAITS)
                for run in sorted(found, key=lambda run: run["creationTime"])]

    def held(self, runs: list[str]) -> list[str]:
        """Why some of these runs are held in the queue; each reason once."""
        found = self.ask(_TAGS, ids=runs)["runsOrError"]["results"]
        tags = [{tag["key"]: tag["value"] for tag in run["tags"]} for run in found if run["status"] == "QUEUED"]
        return list(dict.fromkeys(held[BECAUSE] for held in tags if held.get(HELD) == "yes" and BECAUSE in held))

    def why(self, run: str) -> Failed:
        """Why a run failed, in its own words, and of each unit that it names."""
        events = self.ask(_WHY, id=run)["logsForRun"].get("events", ())
        for event in events:
            if event["__typename"] == "ExecutionStepFailureEvent":
                said = event.get("failureMetadata") or {}
                told = said.get("description") or (event.get("error") or {}).get("message") or "a step failed"
                return Failed(told, {e["label"]: e["text"] for e in said.get("metadataEntries", ()) if e.get("text")})
        for event in events:
            if event["__typename"] == "RunFailureEvent":
                told = (event.get("error") or {}).get("message") or event["message"]
                return Failed(DIED if told == FROM_OUTSIDE else told)
        return Failed("the run stopped without a word")

    def cancel(self, runs: list[str]) -> None:
        """Stop runs, queued or started."""
        self.ask(_STOP, ids=runs)


def _silence(why: Exception) -> str:
    """What is to be seen of a web server that did not answer."""
    cause = why.reason if isinstance(why, urllib.error.URLError) and not isinstance(why, urllib.error.HTTPError) else why
    match cause:
        case urllib.error.HTTPError():
            return f"answers with HTTP {cause.code}: it is broken, or another program has its port"
        case ConnectionError() | http.client.HTTPException():
            return "is gone: 'genga up' has ended, or died"
        case TimeoutError():
            return "does not answer in time: it hangs, or the machine is too busy"
        case ValueError():
            return "answers something else: another program has its port"
        case _:
            return "does not answer"
