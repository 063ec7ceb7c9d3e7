"""Folding: what each event of the ledger changes in the history that the planner reads."""

from collections import Counter
from typing import Any

from studio.plan.approved import ApprovedPicture, PastApproval, PastCheck
from studio.plan.history import History, Number, PastPick, PastProfile, PastPublish, PastReview, PastTake, PastWaiver, Verdict
from studio.plan.presets import PresetStamp


def fold(history: History, event: dict[str, Any]) -> None:
    """Enter one event, as plain values; events come in order of time. What is of no matter to planning changes nothing.

    What a key holds is replaced, never changed: copies of the history share it.
    """
    folded = _FOLDS.get(event["event"])
    if folded:
        folded(history, event)


def _stamp(event: dict[str, Any]) -> PresetStamp | None:
    return PresetStamp(**event["preset"]) if event.get("preset") else None


def _usd(e: dict[str, Any]) -> float | None:
    """What it cost. Lines from before rates were kept say 0 where the show named none: that is unknown, not free."""
    usd = e.get("usd")
    return usd if usd or e.get("usd_per_hour") is not None or not e.get("seconds") else None


def _fold_price(history: History, e: dict[str, Any]) -> None:
    scope, usd = e["unit"].split(".", 1)[0], _usd(e)
    history.spent[scope] = history.spent.get(scope, 0.0) + (usd or 0.0)
    if usd is None and e.get("seconds"):  # of a batch that failed only one line tells its time
        history.unpriced[scope] = history.unpriced.get(scope, Counter()) + Counter([e.get("pool", "")])


def _fold_take(history: History, e: dict[str, Any]) -> None:
    stamp = _stamp(e)
    if stamp:
        history.presets.setdefault((stamp.name, stamp.version), (stamp.content, e["at"]))
    take = PastTake(
        recipe=e["recipe"], body=e["body"], stage=e["stage"], unit=e["unit"], artifact=e["artifact"],
        suffix=e["suffix"], extras=e.get("extras", {}), seconds=e["seconds"], usd=_usd(e), words=e.get("words", {}),
        preset=stamp, seed=e["body"].get("seed"), environment=e.get("environment", ""),
        measures=e.get("measures", {}), notes=tuple(e.get("notes", ())), device=e.get("device", ""),
        peak_bytes=e.get("peak_bytes", 0), pool=e.get("pool", ""), load_seconds=e.get("load_seconds", 0.0),
        batch=e.get("batch") or 0,
    )
    if take.environment and take.environment not in history.environments:
        history.environments[take.environment] = e.get("environment_facts", {})
    _fold_price(history, e)
    history.again[(take.recipe, take.environment)] = take
    if take.stage != "canary" or take.recipe not in history.takes:  # a canary is drawn again to be compared, not to be used
        history.takes[take.recipe] = take


def _fold_profile(history: History, e: dict[str, Any]) -> None:
    history.profiles.append(PastProfile(e["body"], e["seconds"], e["device"], e.get("peak_bytes", 0)))


def _fold_pick(history: History, e: dict[str, Any]) -> None:
    history.picks[(e["unit"], e["stage"], e.get("language", ""))] = PastPick(
        recipe=e["recipe"], artifact=e["artifact"], suffix=e["suffix"], extras=e.get("extras", {}), at=e["at"]
    )
    used = (e["unit"], e["stage"])
    history.used[used] = {**history.used.get(used, {}), e["recipe"]: None}
    _asked(history, e)
    history.failures.pop((e["unit"], e["stage"], e.get("language", "")), None)


def _fold_score(history: History, e: dict[str, Any]) -> None:
    if e.get("gate"):
        if e.get("stage"):
            _asked(history, e)
        return
    verdict = Verdict(e["scorer"], e["passed"], e["blocking"], e.get("note", ""))
    history.verdicts[e["artifact"]] = {**history.verdicts.get(e["artifact"], {}), e["scorer"]: verdict}


def _asked(history: History, e: dict[str, Any]) -> None:
    history.asked[e["artifact"]] = history.asked.get(e["artifact"], frozenset()) | {e["stage"]}


def _fold_failure(history: History, e: dict[str, Any]) -> None:
    _fold_price(history, e)
    history.failures[(e["unit"], e["stage"], e.get("language", ""))] = e["message"]
    history.lost_seconds[e["stage"]] = history.lost_seconds.get(e["stage"], 0.0) + e.get("seconds", 0.0)


def _fold_measure(history: History, e: dict[str, Any]) -> None:
    if e["value"] is None:  # JSON knows no not-a-number
        return
    number = Number(e["value"], e.get("note", ""), e["stamp"])
    history.numbers[e["artifact"]] = {**history.numbers.get(e["artifact"], {}), e["asked"]: number}


def _fold_review(history: History, e: dict[str, Any]) -> None:
    key = (e["unit"], e["stage"], e.get("language", ""))
    words = history.reviews.get(key, [])
    if e["verdict"] == "undo":
        history.reviews[key] = [review for review in words if review.id != e["undoes"]]
        return
    reasons = tuple(e.get("reasons", ()))
    said = PastReview(e["id"], e["artifact"], e["verdict"], reasons, e["reviewer"], e.get("note", ""), e["at"])
    history.reviews[key] = [*words, said]


def _fold_publish(history: History, e: dict[str, Any]) -> None:
    history.published[e["recipe"]] = PastPublish(e["recipe"], e["unit"], e["at"], tuple(e["files"]))


def _fold_waiver(history: History, e: dict[str, Any]) -> None:
    history.waivers.pop(e["unit"], None)
    if not e.get("lifted"):
        history.waivers[e["unit"]] = PastWaiver(e["unit"], e["until"], e["why"], e["by"], e["at"])


def _fold_approval(history: History, e: dict[str, Any]) -> None:
    stamp = PresetStamp(**e["preset"])
    # its pictures may all have been found, so that no take tells of this version
    history.presets.setdefault((stamp.name, stamp.version), (stamp.content, e["at"]))
    pictures = {name: ApprovedPicture(**picture) for name, picture in e["pictures"].items()}
    history.approvals[stamp.name] = PastApproval(stamp, e["said"], pictures, e["at"])


def _fold_canary(history: History, e: dict[str, Any]) -> None:
    history.checks[e["preset"]["name"]] = PastCheck(e["outcomes"], e["alert"], tuple(e.get("causes", ())), e["at"])
    if e["rendered"]:
        history.redrawn[e["preset"]["name"]] = e["at"]


def _fold_raise(history: History, e: dict[str, Any]) -> None:
    ceilings = history.raised.pop(e["unit"], [])
    ceilings = ceilings[:-1] if e.get("undo") else [*ceilings, e["usd"]]
    if ceilings:
        history.raised[e["unit"]] = ceilings


def _fold_alert(history: History, e: dict[str, Any]) -> None:
    key = (e["unit"], e["ceiling"])
    history.told[key] = max(history.told.get(key, 0), e["mark"])


_FOLDS = {
    "take": _fold_take, "profile": _fold_profile,
    "pick": _fold_pick, "score": _fold_score, "failure": _fold_failure, "measure": _fold_measure,
    "review": _fold_review, "publish": _fold_publish, "waiver": _fold_waiver, "approval": _fold_approval,
    "canary": _fold_canary, "raise": _fold_raise, "alert": _fold_alert,
}
