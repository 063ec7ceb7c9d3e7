"""A small server that answers as ComfyUI does: it checks workflows, works off its queue one by one, keeps history and files.

Shapes of requests and answers are those of ComfyUI's own server.py and execution.py.
"""

import io
import json
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

from PIL import Image

NODES = {
    "CheckpointLoaderSimple": {"ckpt_name"}, "CLIPTextEncode": {"text", "clip"},
    "EmptyLatentImage": {"width", "height", "batch_size"},
    "KSampler": {"model", "positive", "negative", "latent_image", "seed", "steps", "cfg", "sampler_name", "scheduler", "denoise"},
    "VAEDecode": {"samples", "vae"}, "SaveImage": {"images", "filename_prefix"},
}
SAMPLERS = {"euler", "euler_ancestral", "dpmpp_2m", "dpmpp_sde", "ddim", "uni_pc", "lcm"}
SCHEDULERS = {"normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform"}


class Comfy(ThreadingHTTPServer):
    """Listens on a free port of this machine."""

    daemon_threads = True

    def __init__(self, checkpoints: tuple[str, ...], seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.checkpoints, self.seconds = checkpoints, seconds
        self.history: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.got: list[dict[str, Any]] = []
        self.waiting: Queue[tuple[str, dict[str, Any]]] = Queue()
        for work in (self.serve_forever, self.work_off):
            threading.Thread(target=work, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def work_off(self) -> None:
        """One prompt after the other."""
        while True:
            name, prompt = self.waiting.get()
            time.sleep(self.seconds)
            self.history[name] = self.done(name, prompt)

    def done(self, name: str, prompt: dict[str, Any]) -> dict[str, Any]:
        [[sampler, node]] = [(k, n) for k, n in prompt.items() if n["class_type"] == "KSampler"]
        if "fail!" in prompt[node["inputs"]["positive"][0]]["inputs"]["text"]:
            told = {"prompt_id": name, "node_id": sampler, "node_type": "KSampler", "exception_message": "out of memory"}
            return {"prompt": [0, name, prompt], "outputs": {}, "status": {
                "status_str": "error", "completed": False, "messages": [["execution_start", {}], ["execution_error", told]]}}
        outputs = {}
        for number, saved in prompt.items():
            if saved["class_type"] == "SaveImage":
                size = prompt[node["inputs"]["latent_image"][0]]["inputs"]
                file = f"{saved['inputs']['filename_prefix']}_{len(self.files) + 1:05}_.png"
                out = io.BytesIO()
                Image.new("RGB", (size["width"], size["height"]), (node["inputs"]["seed"] % 256, 90, 120)).save(out, "PNG")
                self.files[file] = out.getvalue()
                outputs[number] = {"images": [{"filename": file, "subfolder": "", "type": "output"}]}
        return {"prompt": [0, name, prompt], "outputs": outputs,
                "status": {"status_str": "success", "completed": True, "messages": []}}

    def faults(self, prompt: dict[str, Any]) -> dict[str, Any]:
        """Node -> what is wrong with it."""
        found: dict[str, Any] = {}
        for name, node in prompt.items():
            inputs = node["inputs"]
            errors = [{"message": "Required input is missing", "details": key} for key in NODES[node["class_type"]] - set(inputs)]
            for key, known in (("ckpt_name", self.checkpoints), ("sampler_name", SAMPLERS), ("scheduler", SCHEDULERS)):
                if key in inputs and inputs[key] not in known:
                    errors.append({"message": "Value not in list", "details": f"{key}: '{inputs[key]}' not in {sorted(known)}"})
            links = [value for value in inputs.values() if isinstance(value, list)]
            errors += [{"message": "Bad linked input", "details": link[0]} for link in links if link[0] not in prompt]
            if errors:
                found[name] = {"errors": errors, "dependent_outputs": [], "class_type": node["class_type"]}
        return found


class Handler(BaseHTTPRequestHandler):
    server: Comfy

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        first, *rest = path.strip("/").split("/")
        if first == "history":
            self.answer({rest[0]: self.server.history[rest[0]]} if rest[0] in self.server.history else {})
        elif first == "object_info":
            self.answer({rest[0]: {"input": {"required": {"ckpt_name": [list(self.server.checkpoints), {}]}}}})
        elif first == "view":
            asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
            data = self.server.files.get(asked["filename"]) if asked["type"] == "output" else None
            self.send(200 if data else 404, data or b"", "image/png")
        else:
            self.send(404, b"404: Not Found", "text/plain")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        faults = self.server.faults(asked["prompt"])
        if faults:
            error = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation", "details": ""}
            self.answer({"error": error, "node_errors": faults}, 400)
            return
        name = str(uuid.uuid4())
        self.server.got.append(asked["prompt"])
        self.server.waiting.put((name, asked["prompt"]))
        self.answer({"prompt_id": name, "number": len(self.server.got), "node_errors": {}})

    def answer(self, value: Any, status: int = 200) -> None:
        self.send(status, json.dumps(value).encode(), "application/json")

    def send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *said: Any) -> None:
        pass


@contextmanager
def comfy(*checkpoints: str, seconds: float = 0.0) -> Iterator[Comfy]:
    """A server with these weights, each of whose pictures takes so long."""
    server = Comfy(checkpoints, seconds)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
