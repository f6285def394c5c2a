"""VideoMAE (Tong et al., NeurIPS 2022) as the `transformers` package has it: a network of others, used unchanged.

In a config, models: {videomae: {family: resources/examples/videomae.py, options: {checkpoint: /data/videomae-base}}}, where
the folder holds config.json and model.safetensors from the model hub. With --use-conda, envs/torch-gpu.yaml needs transformers.
"""

from transformers import VideoMAEConfig, VideoMAEModel

from workflow.lib.errors import BadInput
from workflow.parts.network import Network


def build(checkpoint=None, stride=4, **config):
    """The encoder in the folder `checkpoint`, or one with random weights of the sizes in `config`: VideoMAEConfig's options."""
    if unknown := sorted(set(config) - set(VideoMAEConfig().to_dict())) or (checkpoint and sorted(config)):
        raise BadInput(f"videomae: {', '.join(unknown)} came; options of VideoMAEConfig, and none beside a checkpoint, were needed")
    if checkpoint is None:
        module = VideoMAEModel(VideoMAEConfig(**config))
    else:
        module, report = VideoMAEModel.from_pretrained(checkpoint, local_files_only=True, dtype="float32", output_loading_info=True)
        if report["missing_keys"]:
            raise BadInput(f"checkpoint {checkpoint} lacks {', '.join(sorted(report['missing_keys'])[:3])}")
    sizes = module.config
    return Network(
        module,
        layers={f"block{i:02}": f"encoder.layer.{i}" for i in range(sizes.num_hidden_layers)},
        frames=sizes.num_frames,
        stride=stride,
        size=sizes.image_size,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        weights=checkpoint,
        tokens="tubelet space",  # a token stands for two frames
        call=lambda module, video: module(pixel_values=video.transpose(1, 2)),  # it wants [batch, frame, rgb, height, width]
    )
