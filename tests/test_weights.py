"""Weights: fetched once over whatever the network does, checked, never run as code; what does not fit is named."""

import argparse
import errno
import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.copied_project import TINY, Project
from workflow.lib.errors import BadInput
from workflow.lib.model_entries import cached_path, check_derived, fetched_weights, model_entry
from workflow.lib.plugins import ROOT, load_plugin
from workflow.parts.networks import build_network
from workflow.parts.published_names import published_family
from workflow.parts.weights import load_weights, read_state
from workflow.scripts.fetch_weights import append, fetch_weights

DATA = np.random.default_rng(0).bytes(3_000_000)
SHA = hashlib.sha256(DATA).hexdigest()


class Server:
    """A server of one file; what it does wrong is set from outside, what it sent is counted."""

    def __init__(self):
        self.data, self.tag, self.ranges, self.breaks, self.answers, self.kind = DATA, '"one"', True, [], [], None
        self.length, self.served, self.asked = True, 0, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/zoo/NET_8x8.pyth"
        threading.Thread(target=self.http.serve_forever, args=[0.02], daemon=True).start()

    def answer(self, request):
        self.asked.append(request.headers.get("Range"))
        if self.answers:
            return request.send_error(self.answers.pop(0))
        first = int(self.asked[-1][6:-1]) if self.ranges and self.asked[-1] else 0
        if first >= len(self.data):
            return request.send_error(416)
        body = self.data[first:]
        request.send_response(206 if first else 200)
        headers = {"ETag": self.tag, "Content-Type": self.kind, "Content-Length": len(body) if self.length else None}
        headers["Content-Range"] = f"bytes {first}-{len(self.data) - 1}/{len(self.data)}" if first else None
        for name, value in headers.items():
            if value is not None:
                request.send_header(name, value)
        request.end_headers()
        body = body[: self.breaks.pop(0)] if self.breaks else body
        self.served += len(body)  # before it is sent: the client may be done with it first
        request.wfile.write(body)
        return None

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


def fetch(server, folder, sha256=SHA, attempts=5):
    fetch_weights(server.url, folder / "net.pyth", sha256, attempts=attempts, pause_s=0.01)
    assert sorted(os.listdir(folder)) == ["net.pyth"]
    return (folder / "net.pyth").read_bytes()


def test_a_whole_file_is_fetched_once_and_its_checksum_told(server, tmp_path, capsys):
    assert fetch(server, tmp_path, sha256=None) == DATA
    assert f"sha256: {SHA}" in capsys.readouterr().out
    assert fetch(server, tmp_path, sha256=SHA.upper()) == DATA and len(server.asked) == 1


def test_a_broken_transfer_goes_on_where_it_was(server, tmp_path):
    server.breaks = [1_000_000, 700_000]
    assert fetch(server, tmp_path) == DATA
    assert server.served == len(DATA) and server.asked == [None, "bytes=1000000-", "bytes=1700000-"]


def test_a_later_run_goes_on_where_an_earlier_one_was(server, tmp_path):
    server.breaks = [1_000_000]
    with pytest.raises(BadInput, match="the connection ended after 1000000 of 3000000 bytes"):
        fetch(server, tmp_path, attempts=1)
    assert fetch(server, tmp_path) == DATA and server.served == len(DATA)


def test_a_disk_that_was_full_leaves_nothing_that_stops_a_later_run(server, tmp_path, monkeypatch):
    def full(self, text):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Path, "write_text", full)
        fetch(server, tmp_path)
    assert fetch(server, tmp_path) == DATA


def test_a_run_killed_after_the_last_byte_fetches_nothing_again(server, tmp_path):
    fetch(server, tmp_path)
    server.breaks = [1_000_000]
    with pytest.raises(BadInput):
        fetch_weights(server.url, tmp_path / "again.pyth", attempts=1)
    (tmp_path / "again.pyth.part").write_bytes(DATA)
    asked = len(server.asked)
    fetch_weights(server.url, tmp_path / "again.pyth", SHA)
    assert len(server.asked) == asked and (tmp_path / "again.pyth").read_bytes() == DATA


@pytest.mark.parametrize("fault", ["no ranges", "no tag", "changed", "lost its tag", "shorter"])
def test_what_cannot_go_on_starts_anew(server, tmp_path, fault):
    server.breaks, expected = [2_000_000], DATA
    server.tag = None if fault == "no tag" else server.tag  # nothing tells whether it is still the same file
    with pytest.raises(BadInput):
        fetch_weights(server.url, tmp_path / "net.pyth", attempts=1)
    if fault == "no ranges":
        server.ranges = False
    elif fault in ("changed", "shorter"):
        server.tag, expected = '"two"', DATA[::-1] if fault == "changed" else DATA[:1_500_000]
        server.data = expected
    elif fault == "lost its tag":
        server.tag = None
    assert fetch(server, tmp_path, hashlib.sha256(expected).hexdigest()) == expected
    ranges = {"no ranges": ["bytes=2000000-"], "no tag": [None]}
    assert server.asked == [None, *ranges.get(fault, ["bytes=2000000-", None])]


def test_a_server_that_tells_no_length_or_is_busy_is_waited_for(server, tmp_path):
    server.length, server.answers = False, [503, 429]
    assert fetch(server, tmp_path) == DATA and len(server.asked) == 3


def test_progress_tells_bytes_and_time_left(tmp_path, capsys):
    class Answer:
        parts = [b"x" * 1_000_000] * 3 + [b""]

        def read(self, size):
            return self.parts.pop(0)

    with (tmp_path / "file").open("wb") as file:
        append(Answer(), file, 1_000_000, 4_000_000, "net", every_s=0)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("net: 2.0 of 4.0 MB, ") and told[-1] == "net: 4.0 of 4.0 MB, 0 s left"


def test_what_cannot_be_fetched_is_said_in_one_sentence(server, tmp_path):
    with pytest.raises(BadInput, match=f"have sha256 {SHA}, the config says {'0' * 64}: they were not kept"):
        fetch(server, tmp_path, "0" * 64)
    assert not os.listdir(tmp_path)
    server.answers, asked = [404], len(server.asked)
    with pytest.raises(BadInput, match=r"NET_8x8.pyth: the server answered 404 Not Found; correct the address, or put the file at"):
        fetch(server, tmp_path)
    assert len(server.asked) == asked + 1
    server.kind = "text/html; charset=utf-8"
    with pytest.raises(BadInput, match="a web page came"):
        fetch(server, tmp_path)


def test_without_a_network_a_file_put_there_by_hand_is_used(server, tmp_path):
    server.stop()
    with pytest.raises(BadInput, match=rf"{server.url} could not be reached .*: put the file at {tmp_path}/net.pyth by hand"):
        fetch(server, tmp_path, attempts=2)
    (tmp_path / "net.pyth").write_bytes(DATA)
    assert fetch(server, tmp_path) == DATA
    with pytest.raises(BadInput, match=r"net.pyth have sha256 .*: correct it, or delete the file to fetch it anew"):
        fetch(server, tmp_path, "0" * 64)
    assert (tmp_path / "net.pyth").read_bytes() == DATA


def entry(weights=None, sha256=None, **more):
    blank = {"options": {}, "weights": weights, "sha256": sha256, "classes": None, "seed": 0, "batch": 4}
    return blank | {"pooling": "mean", "layers": None, "sampling": "trained"} | more


def test_addresses_become_paths_that_differ_where_the_addresses_do():
    zoo = "https://host/zoo/{}/SLOW_8x8_R50.pyth?download=true"
    first, second = (cached_path(zoo.format(part)) for part in ("kinetics", "ssv2"))
    assert first != second and first.startswith("resources/weights/SLOW_8x8_R50-") and first.endswith(".pyth")
    assert cached_path("https://host/?id=3").startswith("resources/weights/weights-")
    config = {"models": {"a": entry(zoo, family="mvit"), "b": entry(zoo, SHA, family="mvit"), "local": entry("w.pth")}}
    config["models"] |= {how: entry(derive={"from": "a", "how": how}) for how in ("c2d_twin", "random_weights")}
    path = cached_path(zoo)
    assert model_entry(config, "a")["weights"] == model_entry(config, "c2d_twin")["weights"] == path
    assert model_entry(config, "random_weights")["weights"] is None and model_entry(config, "local")["weights"] == "w.pth"
    assert fetched_weights(config, ["random_weights", "local"]) == {}
    assert fetched_weights(config, ["c2d_twin", "b"]) == {path.split("/")[-1]: {"url": zoo, "sha256": SHA}}
    config["models"]["a"]["sha256"] = "0" * 64
    with pytest.raises(BadInput, match="models: b expects another sha256"):
        fetched_weights(config, ["a", "b"])
    with pytest.raises(BadInput, match=r"ftp://host/w.pth came, a path or an http\(s\) address"):
        model_entry({"models": {"a": entry("ftp://host/w.pth")}}, "a")


@pytest.mark.parametrize("said", [{"classes": "ssv2"}, {"pooling": "class"}, {"layers": ["res5"]}, {"sampling": "aligned"}])
def test_a_derived_model_says_nothing_that_its_source_decides(said):
    config = {"models": {"a": entry(family="mvit"), "twin": entry(derive={"from": "a", "how": "c2d_twin"})}}
    check_derived(config, "twin")
    config["models"]["twin"] |= said
    with pytest.raises(BadInput, match=f"decides its {next(iter(said))}"):
        check_derived(config, "twin")


TINY_NETWORKS = {
    "`family: slowfast`": ("slowfast", {"depth": [1, 1, 1, 1], "width": 8}),
    "`family: x3d`": ("x3d", {"version": "s"}),
    "`family: mvit`": ("mvit", {}),
    "`family: timesformer` (the model hub's)": ("timesformer", {}),
    **{
        f"`family: resnet3d, options: {{architecture: {name}}}`": (
            "resnet3d",
            {"architecture": name, "depth": [1, 1, 1, 1], "width": 8},
        )
        for name in ("c2d", "i3d", "slowonly", "fastonly")
    },
}


@pytest.mark.parametrize("told", TINY_NETWORKS)
def test_a_checkpoint_tells_its_family(told):
    family, options = TINY_NETWORKS[told]
    with torch.device("meta"):  # names and shapes alone
        state = load_plugin("models", family).build(**options).module.state_dict()
    assert published_family(state) == told


def test_what_does_not_fit_is_named_with_the_family_that_would():
    assert published_family({"model.blocks.0.temporal_attn.qkv.weight": torch.zeros(3, 1)}).startswith("`family: timesformer`")
    state = load_plugin("models", "resnet3d").build("slowonly", depth=[1, 1, 1, 1], width=4).module.state_dict()
    module = load_plugin("models", "resnet3d").build("c2d", depth=[1, 1, 1, 1], width=4).module
    with pytest.raises(BadInput) as caught:
        load_weights(module, state, "slow.pyth")
    told = str(caught.value)
    assert "slow.pyth do not fit the network: they lack blocks.5.res_blocks.0.branch1_conv.weight" in told
    assert "they have unknown blocks.2.res_blocks.0" in told and told.endswith("{architecture: slowonly}`")
    plain = nn.Linear(2, 3)
    with pytest.raises(BadInput) as caught:
        load_weights(plain, {"weight": torch.zeros(3, 2), "bias": torch.zeros(4)}, "w")
    assert str(caught.value) == "weights w do not fit the network: they have other shapes: bias is [4], needed [3]"


def test_the_prefix_of_data_parallel_is_taken_off_only_where_all_names_have_it():
    plain, weights = nn.Linear(2, 2), {"weight": torch.ones(2, 2), "bias": torch.zeros(2)}
    load_weights(plain, {f"module.{name}": tensor for name, tensor in weights.items()}, "w")
    assert (plain.weight == 1).all()
    named = {"a": "weight", "b": "bias"}
    state = {"module.a": torch.full((2, 2), 2.0), "module.b": weights["bias"]}
    load_weights(plain, state, "w", lambda bare: {named[name]: tensor for name, tensor in bare.items()})
    assert (plain.weight == 2).all()
    with pytest.raises(BadInput, match="lack weight; they have unknown module.weight"):
        load_weights(plain, {"module.weight": weights["weight"], "bias": weights["bias"]}, "w")
    wrapped = nn.ModuleDict({"module": nn.Linear(2, 2)})
    load_weights(wrapped, {f"module.{name}": tensor for name, tensor in weights.items()}, "w")
    assert (wrapped["module"].weight == 1).all()


class Code:
    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return os.mkdir, (self.witness,)


@pytest.mark.parametrize("form", ["zip", "old", "pickle"])
def test_a_pickle_is_never_run(tmp_path, form):
    witness, path = str(tmp_path / "ran"), tmp_path / "evil.pth"
    state = {"model_state": {"w": torch.zeros(2)}, "extra": Code(witness)}
    if form == "pickle":
        path.write_bytes(pickle.dumps(Code(witness), protocol=2))
    else:
        torch.save(state, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(BadInput) as caught:
        read_state(path)
    assert not os.path.exists(witness) and "tensors alone are loaded, never code" in str(caught.value)
    assert "weights_only" not in str(caught.value) and "\n" not in str(caught.value)
    assert form == "pickle" or "they want to run posix.mkdir" in str(caught.value)


@pytest.mark.parametrize("numpy_1", [False, True])
def test_weights_are_read_beside_what_their_training_left_there(tmp_path, numpy_1):
    """Its arguments, the best accuracy and the state of the optimiser, as the scripts of many laboratories leave them."""
    arguments = argparse.Namespace(lr=0.1, out=Path("/out"), layers=[1, 2])
    beside = {"args": arguments, "best_acc1": np.float64(54.5), "epoch": np.int64(3), "optimizer": {"state": {0: torch.ones(1)}}}
    path = tmp_path / "checkpoint.pth.tar"
    torch.save({"state_dict": {"w": torch.ones(2)}} | beside, path)
    if numpy_1:  # which called the module of its scalars otherwise
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))
        assert b"cnumpy.core.multiarray\n" in path.read_bytes()
    assert read_state(path)["w"].tolist() == [1, 1]


FORGED = """
import sys, torch
class Forged:
    def __init__(self, make, arguments, state=None):
        self.made = make, arguments, state
    def __reduce__(self):
        return self.made
import numpy as np
scalar = np._core.multiarray.scalar
kind = Forged(np.dtype, ("V8", False, True), (3, "|", None, ("o",), {"o": (np.dtype("O"), 0)}, 8, 1, 0))  # objects, says no flag
large = [Forged(scalar, (np.dtype("V2000000000"),)) for _ in range(4)]
whole = {"set": Forged(set, (Forged(scalar, (kind, b"A" * 8)),)), "many": large}
torch.save({"state_dict": {"w": torch.ones(2)}, "beside": whole[sys.argv[1]]}, sys.argv[2])
"""
READ = """
import resource, sys
from workflow.parts.weights import read_state
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(read_state(sys.argv[1])["w"].tolist(), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", ["set", "many"])
def test_what_a_file_says_of_numpy_objects_makes_none(tmp_path, kind):
    """Neither scalars whose bytes would be taken for the address of an object nor 8 GB of them, out of a file of 1 KB."""
    programs = ((FORGED, kind, tmp_path / "forged.pth"), (READ, tmp_path / "forged.pth"))
    made, read = (subprocess.run([sys.executable, "-c", *own], capture_output=True, text=True, cwd=ROOT) for own in programs)
    assert made.returncode == 0, made.stderr
    if kind == "set":
        assert read.returncode == 1 and "BadInput" in read.stderr.splitlines()[-1]  # a segmentation fault is -11
    else:
        values, grown = read.stdout.rsplit(" ", 1)
        assert values == "[1.0, 1.0]" and int(grown) < 200


def test_objects_of_other_classes_are_not_made(tmp_path):
    torch.save({"state_dict": {"w": torch.ones(2)}, "model": Code("never")}, tmp_path / "code.pth")
    with pytest.raises(
        BadInput, match=r"they want to run posix.mkdir; .* torch.save\(network.state_dict\(\), 'weights.pt'\) saves"
    ):
        read_state(tmp_path / "code.pth")


def test_names_that_the_network_lacks_are_told_with_their_remedy():
    state = nn.Linear(2, 3).state_dict()
    with pytest.raises(BadInput) as caught:
        load_weights(nn.Linear(2, 3), state | {"aux_head.weight": torch.zeros(1)}, "w.pth")
    told = "weights w.pth do not fit the network: they have unknown aux_head.weight"
    assert str(caught.value) == f"{told}: take them out of the file, or build the network that has them"


def test_what_torch_says_of_a_file_that_was_cut_ends_with_a_word(tmp_path):
    path, file = tmp_path / "w.pth.tar", io.BytesIO()
    torch.save({"w": torch.zeros(1000)}, file)
    path.write_bytes(file.getvalue()[:3000])
    with pytest.raises(RuntimeError) as torchs:
        torch.load(path, weights_only=True)
    with pytest.raises(BadInput) as caught:
        read_state(path)
    words, told = str(torchs.value).split(), str(caught.value).split("state dict: ")[1].split()
    assert len(words) > len(told) > 20 and told[-1] == "..." and told[:-1] == words[: len(told) - 1]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Bytes of trained weights for the network of the tiny experiment."""
    path = tmp_path_factory.mktemp("trained") / "w.pth"
    torch.save({"model_state": build_network(entry() | TINY["models"]["slowonly"])[0].module.state_dict()}, path)
    return path.read_bytes()


def test_the_workflow_fetches_once_keeps_and_says_what_to_do(server, tmp_path, checkpoint):
    server.data, target = checkpoint, "results/models/shapes/slowonly.parquet"
    model = TINY["models"]["slowonly"] | {"weights": server.url}
    project = Project(tmp_path / "project", TINY | {"models": TINY["models"] | {"slowonly": model}})
    server.breaks = [len(checkpoint) // 2]
    file = project.folder / cached_path(server.url)
    project.done(target)
    assert file.read_bytes() == checkpoint and server.served == len(checkpoint)
    asked = len(server.asked)
    server.stop()
    pinned = model | {"sha256": hashlib.sha256(checkpoint).hexdigest()}
    project.configure(TINY | {"models": TINY["models"] | {"slowonly": pinned}})
    assert project.planned(target) == {"fetch_weights": 1, "describe_model": 1}
    project.done(target)
    assert len(server.asked) == asked and file.read_bytes() == checkpoint
    os.utime(file)
    script, reading = (project.folder / f"workflow/{name}.py" for name in ("scripts/fetch_weights", "parts/weights"))
    script.write_text(script.read_text().replace("pause_s=1", "pause_s=0"))
    assert project.planned(target) == {}  # the same bytes come however they are fetched
    reading.write_text(reading.read_text() + "\n\nREAD = True\n")
    assert project.planned(target) == {"describe_model": 1}
    file.unlink()
    status, printed = project.run(str(file.relative_to(project.folder)))
    sentence = [line for line in printed.splitlines() if "could not be reached" in line and "put the file at" in line]
    assert status != 0 and str(file.relative_to(project.folder)) in sentence[0] and "Traceback" not in printed
    other = model | {"weights": f"{server.url}.other"}
    (analysis,) = TINY["analyses"]
    shown = TINY | {"analyses": [analysis | {"models": ["slowonly", "other"]}]}
    project.configure(shown | {"models": TINY["models"] | {"slowonly": model, "other": other}})
    _, printed = project.run("--keep-going", "--until", "fetch_weights")  # as the README says
    assert all(f"put the file at {cached_path(entry['weights'])}" in printed for entry in (model, other))
