"""Files: pictures and clips by their sha256, only those that the ledger knows; and what happens, as it happens."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from studio.dispatch.gauges import CONTENT, metrics_text
from studio.dispatch.services import running
from studio.errors import StoreError
from studio.production.opening import Production
from studio.review.bench import KINDS
from studio.review.live import stream
from studio.review.room import InRoom, Room
from studio.store.previews import read_preview

router = APIRouter()
TYPES = {
    ".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".mp4": "video/mp4",
    ".webm": "video/webm", ".mov": "video/quicktime",
}
"""What a browser may show; anything else is only handed out as a file."""
FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
"""Bytes named by their digest never change."""


@router.get("/artifact/{sha256}")
def artifact(room: InRoom, sha256: str) -> FileResponse:
    """A take's file; in pieces where a player asks for them."""
    production, suffix = _known(room, sha256)
    try:
        file = production.artifacts.path(sha256, suffix)
    except StoreError as exc:
        raise HTTPException(404, exc.message) from exc
    kind = TYPES.get(suffix)
    return FileResponse(file, media_type=kind or "application/octet-stream", headers=FOREVER, filename=f"{sha256[:12]}{suffix}",
                        content_disposition_type="inline" if kind else "attachment")


@router.get("/preview/{sha256}")
def small(room: InRoom, sha256: str) -> Response:
    """The preview beside a take's file; where it has none the picture itself, or a sign for what moves."""
    production, suffix = _known(room, sha256)
    data = read_preview(production.artifacts, sha256)
    if data is None:
        picture = KINDS.get(suffix) == "picture"
        return RedirectResponse(f"/artifact/{sha256}" if picture else "/static/moving.svg")
    return Response(data, media_type="image/webp", headers=FOREVER)


@router.get("/metrics")
def metrics(room: InRoom) -> Response:
    """Gauges for Prometheus: queue depth, waits, utilisation, success, spending."""
    production = room.desk.look().production
    return Response(metrics_text(production, running(production.show)), media_type=CONTENT)


@router.get("/events")
async def events(room: InRoom) -> StreamingResponse:
    """Takes, failures, picks and reviews from now on, as server-sent events."""
    ledger = room.desk.folder / "out" / "ledger"
    return StreamingResponse(stream(ledger, room.news, room.closing), media_type="text/event-stream")


def _known(room: Room, sha256: str) -> tuple[Production, str]:
    """The show and the suffix of a take's file. 404 for what no take of this show is."""
    found = room.desk.suffix(sha256)
    if found is None:
        raise HTTPException(404, "The ledger knows no such take")
    return found
