"""A client of servers that speak ComfyUI's HTTP API: hand in a workflow, wait for it, fetch its picture. No benchmark itself."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

from studio.errors import OrchestrationError
from studio.plan.recipes import ImageRecipe

SAMPLERS = {"euler_a": "euler_ancestral", "dpmpp_2m_karras": "dpmpp_2m", "unipc": "uni_pc"}
SCHEDULERS = {"model": "normal", "trailing": "sgm_uniform"}
"""genga's names -> ComfyUI's, where they are not the same."""
SAVE = "save"
POLL_SECONDS = 0.05
START = ("Start one: git clone https://github.com/Comfy-Org/ComfyUI, pip install -r requirements.txt, put the weights into "
         "models/checkpoints/, then python main.py --port 8188 (--cpu where there is no GPU)")


def workflow(recipe: ImageRecipe, checkpoint: str, prefix: str = "genga") -> dict[str, Any]:
    """A recipe as a workflow in API format: text to picture in the six nodes that every ComfyUI has.

    checkpoint: name of the weights as the server lists them. Seeds are the same, noise is not: ComfyUI draws it by its own rule.
    """
    sampler = SAMPLERS.get(recipe.sampler, recipe.sampler)
    scheduler = "karras" if recipe.sampler.endswith("_karras") else SCHEDULERS.get(recipe.scheduler, recipe.scheduler)
    return {
        "model": _node("CheckpointLoaderSimple", ckpt_name=checkpoint),
        "prompt": _node("CLIPTextEncode", text=recipe.prompt, clip=["model", 1]),
        "negative": _node("CLIPTextEncode", text=recipe.negative, clip=["model", 1]),
        "size": _node("EmptyLatentImage", width=recipe.width, height=recipe.height, batch_size=1),
        "sampler": _node(
            "KSampler", model=["model", 0], positive=["prompt", 0], negative=["negative", 0], latent_image=["size", 0],
            seed=recipe.seed, steps=recipe.steps, cfg=recipe.guidance, sampler_name=sampler, scheduler=scheduler, denoise=1.0,
        ),
        "picture": _node("VAEDecode", samples=["sampler", 0], vae=["model", 2]),
        SAVE: _node("SaveImage", images=["picture", 0], filename_prefix=prefix),
    }


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


@dataclass(frozen=True)
class ComfyUI:
    """The server at `url`, such as http://127.0.0.1:8188."""

    url: str
    client: str = field(default_factory=lambda: uuid.uuid4().hex)

    def checkpoints(self) -> list[str]:
        """Names of the weights that it has. Raises OrchestrationError where nobody answers."""
        found = json.loads(self._ask("/object_info/CheckpointLoaderSimple"))
        return list(found["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0])

    def submit(self, wanted: dict[str, Any]) -> str:
        """Put a workflow into its queue; the prompt's id. Raises OrchestrationError with what it says against it."""
        body = json.dumps({"prompt": wanted, "client_id": self.client}).encode()
        return json.loads(self._ask("/prompt", body))["prompt_id"]

    def wait(self, prompt: str, seconds: float = 600.0) -> list[dict[str, str]]:
        """The files that a prompt saved, once it is done. Raises OrchestrationError when it failed or takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            entry = json.loads(self._ask(f"/history/{prompt}")).get(prompt)
            if entry:
                _check_status(entry.get("status") or {}, self.url)
                return [file for node in entry["outputs"].values() for file in node.get("images", ())]
            time.sleep(POLL_SECONDS)
        raise OrchestrationError(f"the prompt was not done within {seconds:.0f} s", file=self.url, field=prompt,
                                 remedy="See the server's own log; a smaller size or fewer steps may do")

    def fetch(self, file: dict[str, str]) -> bytes:
        """The bytes of a saved picture."""
        asked = {key: file.get(key, "") for key in ("filename", "subfolder", "type")}
        return self._ask(f"/view?{urllib.parse.urlencode(asked)}")

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.url.rstrip("/") + path, body, {"Content-Type": "application/json"} if body else {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as exc:
            raise OrchestrationError(f"the server refused {path}: {_refusal(exc.read())} ({exc.code})", file=self.url,
                                     remedy="Compare the workflow with what the server's nodes take") from exc
        except (OSError, ValueError) as exc:
            raise OrchestrationError(f"no ComfyUI answers ({getattr(exc, 'reason', exc)})", file=self.url, remedy=START) from exc


def _check_status(status: dict[str, Any], url: str) -> None:
    """Raises OrchestrationError for a prompt that was stopped by an error or by hand."""
    if status.get("status_str", "success") == "success":
        return
    told = [f"{said.get('node_type', 'a node')}: {said.get('exception_message', name)}".strip()
            for name, said in status.get("messages", ()) if name in ("execution_error", "execution_interrupted")]
    raise OrchestrationError(f"the prompt failed: {'; '.join(told) or status['status_str']}", file=url,
                             remedy="See the server's own log")


def _refusal(data: bytes) -> str:
    """What a refusal says, node by node."""
    try:
        told = json.loads(data)
    except ValueError:
        return data.decode(errors="replace")[:200] or "no words"
    error = told.get("error", "")
    said = [error.get("message", "") if isinstance(error, dict) else str(error)]
    for name, node in dict(told.get("node_errors") or {}).items():
        said += [f"node '{name}': {one.get('message', '')} {one.get('details', '')}".strip() for one in node.get("errors", ())]
    return "; ".join(filter(None, said)) or "no words"
