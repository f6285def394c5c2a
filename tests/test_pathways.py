"""Two-rate networks: which frames each pathway sees, in which order; batches that shrink to fit."""

import itertools

import numpy as np
import pytest
import torch

from workflow.lib.errors import BadInput
from workflow.parts.batches import Batches, full_batches
from workflow.parts.network import Network
from workflow.parts.pathways import check_sampling, pathway_sets, shown_by_pathway

TWO_RATES = Network(torch.nn.Identity(), {}, frames=32, stride=2, pathways=(4, 1))
ORDER = np.random.default_rng(0).permutation(64)


def test_slow_frames_are_those_of_the_published_sampling():
    # PySlowFast and PyTorchVideo take torch.linspace(0, 31, 8).long() of the 32 fast frames.
    slow, fast = pathway_sets(64, TWO_RATES, "trained")
    assert fast.tolist() == list(range(0, 63, 2)) or fast.tolist() == list(range(1, 64, 2))
    assert slow.tolist() == fast[torch.linspace(0, 31, 8).long().numpy()].tolist()
    slow, fast = pathway_sets(64, TWO_RATES, "released")
    assert slow.tolist() == torch.linspace(0, 63, 8).long().tolist() and fast.tolist() == torch.linspace(0, 63, 32).long().tolist()


@pytest.mark.parametrize("sampling", ["trained", "aligned", "independent", "released"])
def test_natural_order_stays_natural_in_every_pathway(sampling):
    sets = pathway_sets(64, TWO_RATES, sampling)
    for own, shown in zip(sets, shown_by_pathway(np.arange(64), sets, sampling), strict=True):
        assert shown.tolist() == own.tolist()


def test_pathways_share_one_relative_order_and_keep_their_frames():
    sets = pathway_sets(64, TWO_RATES, "trained")
    slow, fast = shown_by_pathway(ORDER, sets, "trained")
    assert sorted(slow) == sets[0].tolist() and sorted(fast) == sets[1].tolist()
    assert [frame for frame in fast if frame in set(slow)] == slow.tolist()


def test_aligned_slow_frames_stand_where_the_fast_ones_do():
    sets = pathway_sets(64, TWO_RATES, "aligned")
    slow, fast = shown_by_pathway(ORDER, sets, "aligned")
    assert slow.tolist() == fast[torch.linspace(0, 31, 8).long().numpy()].tolist()
    assert set(slow) != set(sets[0])


@pytest.mark.parametrize("sampling", ["independent", "released"])
def test_independent_pathways_share_no_order(sampling):
    sets = pathway_sets(64, TWO_RATES, sampling)
    agree = []
    for seed in range(400):
        order = np.random.default_rng(seed).permutation(64)
        slow, fast = shown_by_pathway(order, sets, sampling)
        assert sorted(slow) == sets[0].tolist() and sorted(fast) == sets[1].tolist()
        place = {frame: i for i, frame in enumerate(order)}
        pairs = [(place[a] < place[b]) for a, b in itertools.combinations(slow, 2)]
        agree.append(np.mean(pairs))
    assert np.mean(agree) == pytest.approx(0.5, abs=0.03)  # its standard error over 400 orders of 8 frames is .0065
    again = shown_by_pathway(order, sets, sampling)[0]
    assert again.tolist() == slow.tolist()


def test_rates_that_do_not_divide_and_short_clips_are_refused():
    odd = Network(torch.nn.Identity(), {}, frames=30, stride=2, pathways=(4, 1))
    with pytest.raises(BadInput, match="every 4th frame of 30; a number of frames that 4 divides is needed"):
        pathway_sets(64, odd, "trained")
    with pytest.raises(BadInput, match=r"need clips of at least 63: set clip: \{frames: 63\}"):
        pathway_sets(32, TWO_RATES, "trained")
    with pytest.raises(BadInput, match="need clips of at least 32"):
        pathway_sets(16, TWO_RATES, "released")
    with pytest.raises(BadInput, match="model slowfast: sampling 'released' shuffles each pathway by itself, reverse came"):
        check_sampling("slowfast", TWO_RATES, "released", ["shuffle", "reverse"])
    check_sampling("slowfast", TWO_RATES, "trained", ["reverse"])


@pytest.mark.parametrize(
    "said",
    ["CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"]
    + ["CUDA error: out of memory"],  # so cudaHostAlloc
)
def test_libraries_without_room_are_understood(said):
    done, batches = [], Batches(4)
    for part in batches.parts(4):
        with batches.fitting("model net"):
            if part.stop - part.start > 1:
                raise RuntimeError(said)
            done.append(part.start)
    assert done == [0, 1, 2, 3]


def test_a_batch_that_is_too_large_comes_again_in_halves(capsys):
    done, batches = [], Batches(8)
    for rows in full_batches(10, 8):
        for part in batches.parts(len(rows)):
            with batches.fitting("model net"):
                if len(rows[part]) > 3:
                    raise torch.OutOfMemoryError("CUDA out of memory")
                done += rows[part]
    assert done == [*range(10), *[9] * 6]  # in batches of 2, the last of the 8 filled up
    assert batches.size == 2
    assert "model net goes on with batches of 4" in capsys.readouterr().out
    batches = Batches(2)
    for part in batches.parts(2):
        with batches.fitting("model net"):
            if part.stop - part.start > 1:
                raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")
    with pytest.raises(RuntimeError, match="shapes"), Batches(1).fitting("model net"):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    batches = Batches(1)
    with pytest.raises(BadInput, match="model net does not fit into the device's memory, even one variant at a time"):
        for _ in batches.parts(3):
            with batches.fitting("model net"):
                raise torch.OutOfMemoryError("CUDA out of memory")
