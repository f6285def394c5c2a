"""Which layers are read: names, patterns and what is proposed for networks as they are built elsewhere."""

import pytest
import torch
from torch import nn

from workflow.lib.errors import BadInput
from workflow.models import resnet3d, timesformer
from workflow.parts.layer_choice import choose_layers, later_siblings, left_aside
from workflow.parts.network import Network


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.attn = nn.LayerNorm(4), nn.Sequential(nn.Linear(4, 12), nn.Linear(12, 4))
        self.q, self.k, self.v = (nn.Linear(4, 4) for _ in range(3))


def net(**children):
    """A module with these children, in this order."""
    module = nn.Module()
    for name, child in children.items():
        module.add_module(name, child)
    return module


def proposed(module):
    return list(choose_layers(Network(module, {}, 8), "auto"))


def stem():
    return nn.Sequential(nn.Conv3d(3, 4, 3), nn.BatchNorm3d(4), nn.ReLU())


def stages(name="layer"):
    return {f"{name}{i}": nn.Sequential(Block(), Block(), Block(), Block(), Block()) for i in range(1, 5)}


@pytest.fixture
def transformer():
    module = net(patch=nn.Conv3d(3, 4, 2), blocks=nn.ModuleList(Block() for _ in range(11)), norm=nn.LayerNorm(4))
    return Network(module, {"first": "blocks.0", "last": "blocks.10"}, 8)


def test_the_networks_own_layers_are_the_default(transformer):
    assert choose_layers(transformer, None) == transformer.layers


def test_paths_and_own_names_are_kept_as_written(transformer):
    assert choose_layers(transformer, ["norm", "last", "blocks.3.attn"]) == {
        "norm": "norm",
        "last": "blocks.10",
        "blocks.3.attn": "blocks.3.attn",
    }


def test_a_pattern_stays_within_its_part_of_the_path_and_keeps_module_order(transformer):
    assert list(choose_layers(transformer, ["blocks.*"])) == [f"blocks.{i}" for i in range(11)]
    assert list(choose_layers(transformer, "blocks.*.norm")) == [f"blocks.{i}.norm" for i in range(11)]
    assert list(choose_layers(transformer, ["blocks.1?.[qk]"])) == ["blocks.10.q", "blocks.10.k"]


def test_a_pattern_under_one_name_is_numbered(transformer):
    chosen = choose_layers(transformer, {"patch": "patch", "query": "blocks.*.q"})
    assert chosen == {"patch": "patch"} | {f"query{i:02}": f"blocks.{i}.q" for i in range(11)}


def test_what_is_not_there_is_refused_naming_what_is_near(transformer):
    with pytest.raises(BadInput, match=r"nothing called 'blocks.\*.nrom'; the nearest names are blocks.\d+.norm"):
        choose_layers(transformer, ["blocks.*.nrom"])
    with pytest.raises(BadInput, match="nothing called 'lasst'; the nearest names are last"):
        choose_layers(transformer, {"end": "lasst"})
    with pytest.raises(BadInput, match="an empty list came"):
        choose_layers(transformer, [])
    with pytest.raises(BadInput, match="two layers are called 'a00'"):
        choose_layers(transformer, {"a00": "norm", "a": "blocks.*"})


def test_stages_after_the_stem_are_proposed_for_a_residual_network():
    # torchvision's r3d_18: the blocks inside the stages are more in number, and are left aside.
    module = net(stem=stem(), **stages(), avgpool=nn.AdaptiveAvgPool3d(1), fc=nn.Linear(4, 5))
    assert proposed(module) == ["stem", "layer1", "layer2", "layer3", "layer4"]
    # torchvision's resnet50, wrapped: stem in pieces.
    pieces = {"conv1": nn.Conv2d(3, 4, 7), "bn1": nn.BatchNorm2d(4), "relu": nn.ReLU()}
    module = net(backbone=net(**pieces, **stages(), fc=nn.Linear(4, 5)), head=nn.Linear(5, 2))
    assert proposed(module) == ["backbone.conv1", *(f"backbone.layer{i}" for i in range(1, 5))]
    with torch.device("meta"):
        network = resnet3d.build("c2d")
    assert proposed(network.module) == list(network.layers.values())


def test_blocks_are_proposed_for_a_transformer():
    with torch.device("meta"):
        network = timesformer.build()
    assert proposed(network.module) == list(network.layers.values())
    # An encoder is longer than the decoder or predictor trained with it; small networks may have two blocks.
    encoder, decoder = (net(layer=nn.ModuleList(Block() for _ in range(n))) for n in (6, 3))
    assert proposed(net(decoder=decoder, vit=net(embed=stem(), encoder=encoder))) == [f"vit.encoder.layer.{i}" for i in range(6)]
    assert proposed(net(encoder=net(layer=nn.Sequential(Block(), Block())))) == ["encoder.layer.0", "encoder.layer.1"]


def test_all_blocks_are_proposed_where_stages_are_lists():
    module = net(features=nn.ModuleList([nn.ModuleList([Block(), Block()]), nn.ModuleList([Block()])]), fc=nn.Linear(4, 5))
    assert proposed(module) == ["features.0.0", "features.0.1", "features.1.0"]


def test_both_streams_are_proposed():
    streams = {name: net(stem=stem(), **stages()) for name in ("rgb", "flow")}
    inner = ["stem", "layer1", "layer2", "layer3", "layer4"]
    assert proposed(net(**streams)) == [f"{stream}.{layer}" for stream in ("rgb", "flow") for layer in inner]


def test_convolutions_with_their_rectification_are_proposed_for_a_plain_network():
    layers = [nn.Conv3d(3, 4, 3), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(4, 4, 3), nn.ReLU(), nn.Flatten()]
    assert proposed(nn.Sequential(*layers, nn.Linear(4, 5))) == ["2", "5"]
    module = net(features=nn.Sequential(*layers), classifier=nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    assert proposed(module) == ["features.2", "features.5"]
    assert proposed(net(conv1=nn.Conv3d(3, 4, 3), conv2=nn.Conv3d(4, 4, 3), fc=nn.Linear(4, 5))) == ["conv1", "conv2"]


def test_recurrent_layers_are_proposed_too_and_what_is_left_aside_is_told():
    cnn = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU())
    module = net(cnn=cnn, motion=nn.Conv3d(4, 4, 3), pool=nn.Flatten(), rnn=nn.GRU(4, 4), head=nn.Linear(4, 2))
    assert proposed(module) == ["cnn.1", "cnn.3", "rnn"]
    assert left_aside(module, proposed(module)) == ["motion", "head"]
    blocks = nn.ModuleList(net(attn=nn.Sequential(nn.Linear(4, 4)), rnn=nn.LSTM(4, 4)) for _ in range(3))
    assert proposed(net(blocks=blocks)) == ["blocks.0", "blocks.1", "blocks.2"]  # which hold theirs


def test_blocks_of_frames_and_blocks_of_time_are_both_proposed():
    def layers(depth):
        return [nn.TransformerEncoderLayer(4, 2, 4) for _ in range(depth)]

    frames = nn.ModuleList(Block() for _ in range(4))
    names = [f"frames.{k}" for k in range(4)]
    module = net(frames=frames, time=nn.ModuleList(layers(3)), head=nn.Linear(4, 2))
    assert proposed(module) == [*names, "time.0", "time.1", "time.2"]
    module = net(frames=frames, time=nn.TransformerEncoder(layers(1)[0], 2), head=nn.Linear(4, 2))
    assert proposed(module) == [*names, "time.layers.0", "time.layers.1"]


def test_a_single_layer_of_a_sequence_is_read_whole():
    cnn = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU())
    assert proposed(net(cnn=cnn, time=nn.TransformerEncoderLayer(4, 2, 4), head=nn.Linear(4, 2))) == ["cnn.1", "cnn.3", "time"]


def test_the_linear_maps_of_a_classifier_are_left_aside():
    module = net(**{f"conv{k}": nn.Conv3d(4, 4, 3) for k in range(3)}, fc6=nn.Linear(4, 4), fc7=nn.Linear(4, 4))
    assert proposed(module) == ["conv0", "conv1", "conv2"]
    assert left_aside(module, proposed(module)) == ["fc6", "fc7"]


def test_a_network_where_nothing_is_repeated_is_refused():
    with pytest.raises(BadInput, match="auto finds no repeated blocks in the network; name some of 0, 1"):
        proposed(nn.Sequential(nn.Conv3d(3, 4, 3), nn.ReLU()))


def test_a_layer_called_like_a_column_is_refused():
    with pytest.raises(BadInput, match="'clip' is a column of every feature dump"):
        choose_layers(Network(torch.nn.Sequential(torch.nn.ReLU()), {}, 1), {"clip": "0"})


def test_what_is_built_like_the_last_layer_and_comes_after_it_is_found():
    cnn = nn.Sequential(*(part for k in range(3) for part in (nn.Conv2d(3, 3, 3), nn.ReLU())))
    plain = nn.Sequential(*cnn[:4], nn.Flatten(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
    blocks = nn.ModuleList(Block() for _ in range(12))
    maps = {"fc7": nn.Linear(4, 4), "fc8": nn.Linear(4, 2)}
    module = net(cnn=cnn, plain=plain, blocks=blocks, **stages(), head=nn.Sequential(nn.Linear(4, 4)), **maps)

    def later(*chosen):
        return later_siblings(module, chosen[-1], chosen)

    assert later("cnn.1", "cnn.3") == ["cnn.5"] and later("cnn.1", "cnn.5") == []  # those between were not wanted
    assert later("plain.1", "plain.3") == []  # the rectification of the classifier follows a linear map
    assert later("blocks.0", "blocks.9") == ["blocks.10", "blocks.11"]
    assert later("blocks.3", "layer1", "layer2") == ["layer3", "layer4"]
    assert later("blocks.3", "layer1") == later("fc7") == []  # one may be all that is wanted of its kind
    assert later(*(f"layer{k}" for k in range(1, 5))) == []  # the head is called otherwise
    assert later("blocks.2", "blocks.1") == []  # a decoder that runs backwards
    assert later("blocks.0.norm", "blocks.1.norm") == []  # of other parents: a pattern finds them
    module.twin = module.layer1
    assert later("twin") == []
